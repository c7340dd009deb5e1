//! The secrets that the server keeps outside its database and its backups.

use crate::random;
use anyhow::Context;
use ruhu_vault::RecoveryKey;
use std::{fs, io::Write, path::Path};

/// The file in the secrets folder.
const RECOVERY: &str = "recovery.key";

/// Makes what is not there yet, readable by the server's user alone. Returns whether something was made.
///
/// # Errors
/// The folder or a file can't be written.
pub fn init(folder: &Path) -> anyhow::Result<bool> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.create(folder).with_context(|| format!("无法建立 {}", folder.display()))?;
    let path = folder.join(RECOVERY);
    let mut file = match options.open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("无法写 {}", path.display())),
    };
    file.write_all(&random::bytes::<32>())?;
    file.sync_all()?;
    Ok(true)
}

/// Checks that nobody but the server's user can read the secrets.
///
/// # Errors
/// Others can; the words say what to do.
pub fn check(folder: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join(RECOVERY);
        let mode = fs::metadata(&path).with_context(|| format!("无法读取 {}", path.display()))?.permissions().mode();
        anyhow::ensure!(
            mode & 0o077 == 0,
            "密钥文件 {} 别的用户也能读（权限 {:o}）。请运行 chmod 600 {}，再启动",
            path.display(),
            mode & 0o777,
            path.display()
        );
    }
    Ok(())
}

/// The key that opens what phones sealed to this server.
///
/// # Errors
/// It is not there: `ruhu-server init` makes it once. One made anew in its place opens no phone's vault.
pub fn recovery(folder: &Path) -> anyhow::Result<RecoveryKey> {
    let path = folder.join(RECOVERY);
    let bytes = fs::read(&path).with_context(|| {
        format!("没有找到恢复密钥 {}：第一次使用请先运行 ruhu-server init；换过机器请放回原来的文件", path.display())
    })?;
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| anyhow::anyhow!("{} 已损坏，请放回备份", path.display()))?;
    Ok(RecoveryKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_for_the_server_alone() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let secrets = folder.path().join("secrets");
        assert!(recovery(&secrets).is_err());
        assert!(init(&secrets).expect("it is made"));
        let public = recovery(&secrets).expect("it is there").public();
        assert!(!init(&secrets).expect("it is left alone"));
        assert_eq!(recovery(&secrets).expect("it is there").public(), public);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
            assert_eq!((mode(&secrets), mode(&secrets.join(RECOVERY))), (0o700, 0o600));
            assert!(check(&secrets).is_ok());
            fs::set_permissions(secrets.join(RECOVERY), fs::Permissions::from_mode(0o640)).expect("it is set");
            assert!(check(&secrets).expect_err("the group can read it").to_string().contains("chmod 600"));
        }
    }
}
