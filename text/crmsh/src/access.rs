//! Short words for what permissions are about, each for an XPath.

/// The word and the XPath that it stands for; `%` is what somebody puts there.
const SHORTCUTS: [(&str, &str); 16] = [
    ("cib", "/cib"),
    ("status", "/cib/status"),
    ("property", "//crm_config/cluster_property_set"),
    ("property:%", "//crm_config/cluster_property_set/nvpair[@name='%']"),
    ("node", "//nodes/node"),
    ("node:%", "//nodes/node[@uname='%']"),
    ("nodeattr", "//nodes/node/instance_attributes"),
    ("nodeattr:%", "//nodes/node/instance_attributes/nvpair[@name='%']"),
    ("nodeutil", "//nodes/node/utilization"),
    ("nodeutil:%", "//nodes/node/utilization[@uname='%']"),
    ("location:%", "//rsc_location[@id='cli-prefer-%' and @rsc='%']"),
    ("meta:%", "//primitive[@id='%']/meta_attributes"),
    ("meta:%:%", "//primitive[@id='%']/meta_attributes/nvpair[@name='%']"),
    ("params:%", "//primitive[@id='%']/instance_attributes"),
    ("params:%:%", "//primitive[@id='%']/instance_attributes/nvpair[@name='%']"),
    ("utilization:%", "//primitive[@id='%']/utilization"),
];

/// All short words.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    SHORTCUTS.into_iter().map(|(word, _)| word.split(':').next().unwrap_or(word))
}

/// The XPath that a word stands for; nothing when it stands for none.
pub(crate) fn expanded(word: &str) -> Option<String> {
    let parts: Vec<&str> = word.split(':').collect();
    let is_it = |shape: &str| {
        let shape: Vec<&str> = shape.split(':').collect();
        shape.len() == parts.len() && shape[0] == parts[0]
    };
    let (_, path) = SHORTCUTS.into_iter().find(|(shape, _)| is_it(shape))?;
    let mut values = parts.iter().skip(1);
    let mut value = values.next().copied().unwrap_or_default();
    let mut expanded = String::new();
    for (index, piece) in path.split('%').enumerate() {
        if index > 0 {
            expanded.push_str(value);
            value = values.next().copied().unwrap_or(value);
        }
        expanded.push_str(piece);
    }
    Some(expanded)
}

/// The word that stands for an XPath; nothing when none does.
pub(crate) fn shortened(path: &str) -> Option<String> {
    SHORTCUTS.into_iter().find_map(|(shape, pattern)| {
        let values = captured(pattern, path)?;
        let mut values = values.into_iter();
        let mut word = String::new();
        for (index, piece) in shape.split('%').enumerate() {
            if index > 0 {
                word.push_str(values.next()?);
            }
            word.push_str(piece);
        }
        (expanded(&word)? == path).then_some(word)
    })
}

/// What stands in `path` where `pattern` has its `%`.
fn captured<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = pattern.split('%');
    let mut rest = path.strip_prefix(pieces.next()?)?;
    let mut values = Vec::new();
    for piece in pieces {
        let (value, after) = rest.split_once(piece)?;
        values.push(value);
        rest = after;
    }
    rest.is_empty().then_some(values)
}
