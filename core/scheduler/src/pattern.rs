//! Extended regular expressions, as `rsc-pattern` takes them.
//!
//! Understood: literals, `.`, `[...]` with ranges, negation and `[:class:]`, `( )`, `|`, `*`, `+`,
//! `?`, `{m}`, `{m,}`, `{m,n}`, `^`, `$`, `\` before any character. The machine walks all
//! possibilities at once, so that no pattern makes it slow.

/// The most steps a pattern may compile to: `((a{99}){99}){99}` must not eat the memory (H1).
const MOST_STEPS: usize = 20_000;

/// How deep parentheses may nest.
const MOST_DEPTH: usize = 50;

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Pattern {
    steps: Vec<Step>,
    groups: usize,
}

#[derive(Clone, Debug)]
enum Step {
    One(Class),
    Start,
    End,
    Split(usize, usize),
    Jump(usize),
    /// A group begins (an even number) or ends (an odd one).
    Edge(usize),
    Found,
}

#[derive(Clone, Debug)]
enum Class {
    Any,
    Is(char),
    Set { ranges: Vec<(char, char)>, is_negated: bool },
}

impl Class {
    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Is(own) => *own == c,
            Self::Set { ranges, is_negated } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *is_negated
            }
        }
    }
}

#[derive(Debug)]
enum Tree {
    Empty,
    Leaf(Step),
    Sequence(Vec<Self>),
    Either(Vec<Self>),
    Repeat(Box<Self>, usize, Option<usize>),
    Group(Box<Self>, usize),
}

/// How many groups can be told what they matched, the whole included.
const MOST_GROUPS: usize = 10;

/// Where each group begins and ends.
type Edges = [Option<usize>; 2 * MOST_GROUPS];

impl Pattern {
    /// Compiles `text`; `None` when it is no expression.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let mut parser = Parser { rest: text.chars().collect(), at: 0, depth: 0, groups: 0 };
        let tree = parser.either()?;
        if parser.at < parser.rest.len() {
            return None;
        }
        let mut pattern = Self { steps: Vec::new(), groups: parser.groups };
        pattern.emit(&tree)?;
        pattern.push(Step::Found)?;
        Some(pattern)
    }

    /// What it matches in `text`, first the whole, then what each of its groups matches: of all
    /// places the leftmost, of all matches there the longest. `None` when it is not found.
    pub(crate) fn captures(&self, text: &str) -> Option<Vec<String>> {
        let letters: Vec<char> = text.chars().collect();
        let mut walk = Walk { steps: &self.steps, marked: vec![usize::MAX; self.steps.len()] };
        let mut best: Option<Edges> = None;
        let mut now: Vec<(usize, Edges)> = Vec::new();
        for at in 0..=letters.len() {
            let place = Place { at, is_end: at == letters.len() };
            if best.is_none() {
                let mut edges = Edges::default();
                edges[0] = Some(at);
                walk.enter(0, place, edges, &mut now);
            }
            for (step, edges) in &now {
                // What began earlier stands earlier in the list.
                if matches!(self.steps[*step], Step::Found)
                    && best.is_none_or(|best| edges[0] < best[0] || best[1] < Some(at))
                {
                    best = Some(*edges);
                    best.as_mut()?[1] = Some(at);
                }
            }
            let first = best.map(|best| best[0]);
            let Some(letter) = letters.get(at) else { break };
            let next = Place { at: at + 1, is_end: at + 1 == letters.len() };
            let mut after = Vec::new();
            for (step, edges) in std::mem::take(&mut now) {
                if let Step::One(class) = &self.steps[step]
                    && class.accepts(*letter)
                    && first.is_none_or(|first| edges[0] <= first)
                {
                    walk.enter(step + 1, next, edges, &mut after);
                }
            }
            now = after;
        }
        let best = best?;
        let part = |group: usize| match (best[2 * group], best[2 * group + 1]) {
            (Some(from), Some(to)) if from <= to => letters[from..to].iter().collect(),
            _ => String::new(),
        };
        Some((0..=self.groups.min(MOST_GROUPS - 1)).map(part).collect())
    }

    fn push(&mut self, step: Step) -> Option<usize> {
        self.steps.push(step);
        (self.steps.len() <= MOST_STEPS).then_some(self.steps.len() - 1)
    }

    fn emit(&mut self, tree: &Tree) -> Option<()> {
        match tree {
            Tree::Empty => {}
            Tree::Leaf(step) => {
                self.push(step.clone())?;
            }
            Tree::Sequence(parts) => {
                for part in parts {
                    self.emit(part)?;
                }
            }
            Tree::Either(branches) => self.emit_either(branches)?,
            Tree::Repeat(inner, least, most) => self.emit_repeat(inner, *least, *most)?,
            Tree::Group(inner, group) => {
                self.push(Step::Edge(2 * group))?;
                self.emit(inner)?;
                self.push(Step::Edge(2 * group + 1))?;
            }
        }
        Some(())
    }

    fn emit_either(&mut self, branches: &[Tree]) -> Option<()> {
        let mut ends = Vec::new();
        for (position, branch) in branches.iter().enumerate() {
            if position + 1 < branches.len() {
                let split = self.push(Step::Found)?;
                self.emit(branch)?;
                ends.push(self.push(Step::Found)?);
                self.steps[split] = Step::Split(split + 1, self.steps.len());
            } else {
                self.emit(branch)?;
            }
        }
        let end = self.steps.len();
        for position in ends {
            self.steps[position] = Step::Jump(end);
        }
        Some(())
    }

    fn emit_repeat(&mut self, inner: &Tree, least: usize, most: Option<usize>) -> Option<()> {
        for _ in 0..least {
            self.emit(inner)?;
        }
        let Some(most) = most else {
            let split = self.push(Step::Found)?;
            self.emit(inner)?;
            self.push(Step::Jump(split))?;
            self.steps[split] = Step::Split(split + 1, self.steps.len());
            return Some(());
        };
        for _ in least..most {
            let split = self.push(Step::Found)?;
            self.emit(inner)?;
            self.steps[split] = Step::Split(split + 1, self.steps.len());
        }
        Some(())
    }
}

#[derive(Clone, Copy)]
struct Place {
    at: usize,
    is_end: bool,
}

struct Walk<'p> {
    steps: &'p [Step],
    /// At which place a step was entered last: it is not entered twice at the same.
    marked: Vec<usize>,
}

impl Walk<'_> {
    /// Adds `step` and what can be reached from it without reading a character, with where groups
    /// begin and end on the way.
    fn enter(&mut self, step: usize, place: Place, edges: Edges, found: &mut Vec<(usize, Edges)>) {
        let mut open = vec![(step, edges)];
        while let Some((step, mut edges)) = open.pop() {
            if std::mem::replace(&mut self.marked[step], place.at) == place.at {
                continue;
            }
            match self.steps[step] {
                Step::Jump(to) => open.push((to, edges)),
                Step::Split(one, two) => open.extend([(two, edges), (one, edges)]),
                Step::Edge(edge) => {
                    if let Some(known) = edges.get_mut(edge) {
                        *known = Some(place.at);
                    }
                    open.push((step + 1, edges));
                }
                Step::Start if place.at == 0 => open.push((step + 1, edges)),
                Step::End if place.is_end => open.push((step + 1, edges)),
                Step::Start | Step::End => {}
                Step::One(_) | Step::Found => found.push((step, edges)),
            }
        }
    }
}

struct Parser {
    rest: Vec<char>,
    at: usize,
    depth: usize,
    groups: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn takes(&mut self, c: char) -> bool {
        let is_there = self.peek() == Some(c);
        self.at += usize::from(is_there);
        is_there
    }

    fn either(&mut self) -> Option<Tree> {
        let mut branches = vec![self.sequence()?];
        while self.takes('|') {
            branches.push(self.sequence()?);
        }
        Some(Tree::Either(branches))
    }

    fn sequence(&mut self) -> Option<Tree> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek().filter(|c| !matches!(c, '|' | ')')) {
            let mut part = self.atom(c)?;
            while let Some((least, most)) = self.repetition()? {
                part = Tree::Repeat(Box::new(part), least, most);
                self.depth += 1;
            }
            parts.push(part);
        }
        Some(if parts.is_empty() { Tree::Empty } else { Tree::Sequence(parts) })
    }

    fn atom(&mut self, c: char) -> Option<Tree> {
        self.at += 1;
        let step = match c {
            '(' => {
                self.depth += 1;
                if self.depth > MOST_DEPTH {
                    return None;
                }
                self.groups += 1;
                let group = self.groups;
                let inner = self.either()?;
                return self.takes(')').then(|| Tree::Group(Box::new(inner), group));
            }
            '*' | '+' | '?' => return None,
            '[' => Step::One(self.class()?),
            '.' => Step::One(Class::Any),
            '^' => Step::Start,
            '$' => Step::End,
            '\\' => Step::One(Class::Is(self.take()?)),
            other => Step::One(Class::Is(other)),
        };
        Some(Tree::Leaf(step))
    }

    /// What follows an atom: `Some(None)` when it is not repeated, `None` when it makes no sense.
    #[allow(clippy::option_option, reason = "no repetition and a wrong one are two things")]
    fn repetition(&mut self) -> Option<Option<(usize, Option<usize>)>> {
        if self.depth > MOST_DEPTH {
            return None;
        }
        let bounds = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.at += 1;
                let least = self.number()?;
                let most = match self.take()? {
                    '}' => return Some(Some((least, Some(least)))),
                    ',' if self.takes('}') => return Some(Some((least, None))),
                    ',' => self.number()?,
                    _ => return None,
                };
                let is_sound = self.takes('}') && least <= most;
                return is_sound.then_some(Some((least, Some(most))));
            }
            _ => return Some(None),
        };
        self.at += 1;
        Some(Some(bounds))
    }

    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.rest[start..self.at].iter().collect();
        digits.parse().ok().filter(|number| *number <= 255)
    }

    fn class(&mut self) -> Option<Class> {
        let is_negated = self.takes('^');
        let mut ranges = Vec::new();
        let mut is_first = true;
        loop {
            let low = self.take()?;
            if low == ']' && !is_first {
                return Some(Class::Set { ranges, is_negated });
            }
            is_first = false;
            if low == '[' && self.takes(':') {
                ranges.extend(self.named_class()?);
                continue;
            }
            let is_range =
                self.peek() == Some('-') && self.rest.get(self.at + 1).is_some_and(|c| *c != ']');
            if is_range {
                self.at += 1;
                ranges.push((low, self.take()?));
            } else {
                ranges.push((low, low));
            }
        }
    }

    fn named_class(&mut self) -> Option<Vec<(char, char)>> {
        let start = self.at;
        while self.peek()? != ':' {
            self.at += 1;
        }
        let name: String = self.rest[start..self.at].iter().collect();
        self.at += 1;
        if !self.takes(']') {
            return None;
        }
        Some(match name.as_str() {
            "alpha" => vec![('a', 'z'), ('A', 'Z')],
            "digit" => vec![('0', '9')],
            "alnum" => vec![('a', 'z'), ('A', 'Z'), ('0', '9')],
            "lower" => vec![('a', 'z')],
            "upper" => vec![('A', 'Z')],
            "xdigit" => vec![('0', '9'), ('a', 'f'), ('A', 'F')],
            "space" => vec![(' ', ' '), ('\t', '\r')],
            "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_find_what_they_say() {
        let cases = [
            ("^ost", "ost1", true),
            ("^ost", "most1", false),
            ("ost", "most1", true),
            ("^(ost|mdt)[0-9]+$", "mdt12", true),
            ("^(ost|mdt)[0-9]+$", "mdt", false),
            ("^ost[^1]$", "ost1", false),
            ("^ost[[:digit:]]{2}$", "ost12", true),
            ("^ost[[:digit:]]{2}$", "ost123", false),
            ("^a{1,2}$", "aaa", false),
            ("a.c", "xabcx", true),
            ("a\\.c", "abc", false),
            (".*", "", true),
            ("(a|b)*c$", "ababc", true),
            ("", "x", true),
            ("^(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaab", false),
        ];
        for (pattern, text, expected) in cases {
            let pattern = Pattern::new(pattern).unwrap();
            assert_eq!(pattern.captures(text).is_some(), expected, "{pattern:?} in {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let deep = "(".repeat(100_000);
        for pattern in ["(", "a)", "*a", "[a", "a{3,1}", "((a{255}){255}){255}", &deep, "[[:odd:]]"]
        {
            assert!(Pattern::new(pattern).is_none(), "{pattern:.20}");
        }
    }

    #[test]
    fn groups_tell_what_they_matched() {
        let cases: [(&str, &str, &[&str]); 5] = [
            ("^(.*)-vip$", "db-vip", &["db-vip", "db"]),
            ("r([0-9]+)(x?)", "ar12b", &["r12", "12", ""]),
            ("(a|ab)(c|bcd)?", "abcd", &["abcd", "a", "bcd"]),
            ("b+", "abbb", &["bbb"]),
            ("(x)|y", "zy", &["y", ""]),
        ];
        for (pattern, text, expected) in cases {
            let found = Pattern::new(pattern).unwrap().captures(text).unwrap();
            assert_eq!(found, expected, "{pattern} in {text}");
        }
        assert!(Pattern::new("^b").unwrap().captures("ab").is_none());
    }
}
