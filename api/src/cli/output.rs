//! Where the rows of a run go: a file that appears when it is whole, or standard output.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A place for the rows.
pub(crate) enum Output {
    Standard(io::Stdout),
    /// Written beside its place and moved there at the end, so that an earlier result is not lost to a broken run.
    Replacing {
        file: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
    /// A device or a pipe, which cannot be replaced.
    Direct(BufWriter<File>, PathBuf),
}

impl Output {
    /// Opens a file, or standard output for `-`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Standard(io::stdout()));
        }
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Ok(Self::Direct(
                BufWriter::new(OpenOptions::new().write(true).open(path)?),
                path.to_owned(),
            ));
        }
        // A link stays a link: what it names is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = BufWriter::new(builder.prefix(".snowscrape-").tempfile_in(folder)?);
        Ok(Self::Replacing { file, path })
    }

    /// Makes what was written last. `None` where it went to standard output.
    pub(crate) fn keep(self) -> io::Result<Option<PathBuf>> {
        match self {
            Self::Standard(_) => Ok(None),
            Self::Direct(mut file, path) => file.flush().map(|()| Some(path)),
            Self::Replacing { file, path } => {
                file.into_inner()?.persist(&path)?;
                Ok(Some(path))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::Replacing { file, .. } => file.write(bytes),
            Self::Direct(file, _) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::Replacing { file, .. } => file.flush(),
            Self::Direct(file, _) => file.flush(),
        }
    }
}
