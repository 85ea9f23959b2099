//! What an arbiter keeps in its folder: its certificate, and which clusters it knows.
//!
//! `certificate.der`, `key.der` (PKCS 8), and in `clusters/` a file for each cluster, of its name,
//! with its identities, one a line. More than one while a cluster changes its key.

use crate::identity::PublicIdentity;
use crate::tls;
use std::io;
use std::path::{Path, PathBuf};
use trust::Fingerprint;

/// So many clusters can be known.
const MAX_CLUSTERS: usize = 1024;
const LONGEST_NAME: usize = 127;

/// Why something in the folder cannot be used. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line that is no identity.
    #[error("{}: {source}; remove the line, or the file to forget the cluster", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is in it.
        source: crate::NotHex,
    },
    /// A name that cannot be a file's.
    #[error(
        "`{0}` cannot be kept as a cluster's name: 1 to 127 letters, digits and -_. of which the \
             first is no dot; set another totem.cluster_name"
    )]
    Name(String),
    /// There are enough.
    #[error("{MAX_CLUSTERS} clusters are known already; remove some with `systole arbiter remove`")]
    Full,
    /// No such cluster.
    #[error("no cluster `{0}` is known; `systole arbiter list` lists all")]
    Unknown(String),
    /// There is no certificate yet.
    #[error("{}: no arbiter has run here yet; start `systole arbiter` first", .0.display())]
    NoCertificate(PathBuf),
    /// A certificate cannot be made.
    #[error("no certificate can be made: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Registry {
    folder: PathBuf,
}

/// What the arbiter shows, and the key to it.
pub(crate) struct Credentials {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Registry {
    /// The one in `folder`, which need not exist.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Where a running arbiter tells how it stands.
    pub(crate) fn status_socket(&self) -> PathBuf {
        self.folder.join("status.sock")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.folder.join("lock")
    }

    fn clusters(&self) -> PathBuf {
        self.folder.join("clusters")
    }

    /// Makes the folders, if need be.
    ///
    /// # Errors
    /// When that cannot be.
    pub fn prepare(&self) -> Result<(), RegistryError> {
        let folder = self.clusters();
        std::fs::create_dir_all(&folder).map_err(in_file(&folder))
    }

    /// The arbiter's certificate; made at the first call.
    pub(crate) fn credentials(&self) -> Result<Credentials, RegistryError> {
        let (certificate, key) = (self.folder.join("certificate.der"), self.folder.join("key.der"));
        if !certificate.exists() {
            let made = rcgen::generate_simple_self_signed([tls::NAME.to_owned()])?;
            // The key first: a certificate without one would be of no use for ever.
            os::file::write_atomic(&key, &made.signing_key.serialize_der())
                .map_err(in_file(&key))?;
            os::file::write_atomic(&certificate, made.cert.der()).map_err(in_file(&certificate))?;
        }
        let read = |path: &Path| std::fs::read(path).map_err(in_file(path));
        Ok(Credentials { certificate: read(&certificate)?, key: read(&key)? })
    }

    /// By what clusters know this arbiter.
    ///
    /// # Errors
    /// When it has never run, or the file cannot be read.
    pub fn fingerprint(&self) -> Result<Fingerprint, RegistryError> {
        let path = self.folder.join("certificate.der");
        match std::fs::read(&path) {
            Ok(certificate) => Ok(Fingerprint::of(&certificate)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(RegistryError::NoCertificate(self.folder.clone()))
            }
            Err(error) => Err(in_file(&path)(error)),
        }
    }

    /// The identities of `cluster`; none when it is not known.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn identities(&self, cluster: &str) -> Result<Vec<PublicIdentity>, RegistryError> {
        let path = self.path_of(cluster)?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(in_file(&path)(error)),
        };
        let lines = text.lines().filter(|line| !line.trim().is_empty()).map(str::parse);
        lines.collect::<Result<_, _>>().map_err(|source| RegistryError::Damaged { path, source })
    }

    /// Makes a cluster known, or a known one by one more identity.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub fn add(&self, cluster: &str, identity: PublicIdentity) -> Result<(), RegistryError> {
        self.prepare()?;
        let mut known = self.identities(cluster)?;
        if known.contains(&identity) {
            return Ok(());
        }
        if known.is_empty() && self.names()?.len() >= MAX_CLUSTERS {
            return Err(RegistryError::Full);
        }
        known.push(identity);
        let text: String = known.iter().map(|identity| format!("{identity}\n")).collect();
        let path = self.path_of(cluster)?;
        os::file::write_atomic(&path, text.as_bytes()).map_err(in_file(&path))
    }

    /// Forgets a cluster.
    ///
    /// # Errors
    /// When it is not known, or its file cannot be removed.
    pub fn remove(&self, cluster: &str) -> Result<(), RegistryError> {
        let path = self.path_of(cluster)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(RegistryError::Unknown(cluster.to_owned()))
            }
            other => other.map_err(in_file(&path)),
        }
    }

    /// All clusters that are known, in order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>, RegistryError> {
        let folder = self.clusters();
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(in_file(&folder))? {
            let name = entry.map_err(in_file(&folder))?.file_name();
            names.extend(name.into_string().ok().filter(|name| is_name(name)));
        }
        names.sort();
        Ok(names)
    }

    fn path_of(&self, cluster: &str) -> Result<PathBuf, RegistryError> {
        match is_name(cluster) {
            true => Ok(self.clusters().join(cluster)),
            false => Err(RegistryError::Name(cluster.to_owned())),
        }
    }
}

/// Names come from the network and become files: nothing that leads out of the folder, or hides in it.
fn is_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('.')
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> RegistryError {
    let path = path.to_owned();
    move |source| RegistryError::File { path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_come_and_go() {
        let folder = std::env::temp_dir().join(format!("arbiter-registry-{}", std::process::id()));
        let registry = Registry::new(&folder);
        assert!(matches!(registry.fingerprint(), Err(RegistryError::NoCertificate(_))));
        let (one, two) = (PublicIdentity::from_bytes([1; 32]), PublicIdentity::from_bytes([2; 32]));
        for identity in [one, two, one] {
            registry.add("lustre", identity).expect("it is written");
        }
        registry.add("scratch", two).expect("it is written");
        assert_eq!(registry.identities("lustre").expect("readable"), [one, two]);
        assert_eq!(registry.identities("other").expect("readable"), []);
        assert_eq!(registry.names().expect("readable"), ["lustre", "scratch"]);
        registry.remove("lustre").expect("it was there");
        assert!(matches!(registry.remove("lustre"), Err(RegistryError::Unknown(_))));
        for wrong in ["", "..", "../x", "a/b", "a b", ".hidden", &"x".repeat(128)] {
            assert!(matches!(registry.add(wrong, one), Err(RegistryError::Name(_))), "{wrong}");
        }
        let first = registry.credentials().expect("it is made");
        assert_eq!(registry.credentials().expect("it is kept").certificate, first.certificate);
        assert_eq!(registry.fingerprint().expect("readable"), Fingerprint::of(&first.certificate));
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
}
