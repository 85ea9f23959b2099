//! What the tests share: a folder with agents and tools of its own.

use crate::settings::Settings;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A folder that is gone when the test is.
pub(crate) struct Bench(PathBuf);

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Bench {
    pub(crate) fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("systole-agents-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            ocf_root: self.0.join("ocf"),
            own_binary: self.0.join("own"),
            state_dir: self.0.join("state"),
            tools_dir: self.0.join("tools"),
            helper_dirs: vec![self.0.join("helpers")],
            fence_dirs: vec![self.0.join("sbin")],
            plugin_dir: self.0.join("plugins"),
            init_dir: self.0.join("init.d"),
            unit_dirs: vec![self.0.join("systemd")],
            systemd_dir: self.0.join("systemd"),
            inherited: Vec::new(),
            grace: Duration::from_millis(200),
            ..Settings::standard(&self.0.join("run"))
        }
    }

    pub(crate) fn agent(&self, provider: &str, kind: &str, script: &str) {
        self.program(&format!("ocf/resource.d/{provider}/{kind}"), script);
    }

    pub(crate) fn fence(&self, name: &str, script: &str) {
        self.program(&format!("sbin/{name}"), script);
    }

    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Written by a process of its own: a file that this one has open for writing while another
        // test forks cannot be run until that fork has called exec ("text file busy").
        let write = Command::new("sh")
            .args([
                "-c",
                "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod 755 \"$2\"",
                "sh",
                script,
            ])
            .arg(&path)
            .status();
        assert!(write.unwrap().success());
        path
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
