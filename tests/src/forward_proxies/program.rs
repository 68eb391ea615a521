//! The programs: how each is told its settings, started, and asked what it served.

use std::env;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program, of the Debian package that its command names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Program {
    Tinyproxy,
    Squid,
    Dante,
    Microsocks,
}

/// What a program prints.
pub(super) const OUTPUT: &str = "output";
/// What a program logs, where it is told where to.
pub(super) const LOG: &str = "log";
/// What a program has its settings in.
const SETTINGS: &str = "settings";
/// Who may use Squid.
const LOGINS: &str = "logins";

impl Program {
    pub(super) fn scheme(self) -> &'static str {
        match self {
            Self::Tinyproxy | Self::Squid => "http",
            Self::Dante | Self::Microsocks => "socks5",
        }
    }

    /// Where it logs what it served.
    pub(super) fn log(self) -> &'static str {
        match self {
            Self::Tinyproxy | Self::Squid | Self::Dante => LOG,
            Self::Microsocks => OUTPUT,
        }
    }

    /// Whether a line of its log is that of something served.
    pub(super) fn has_served(self, line: &str) -> bool {
        match self {
            Self::Tinyproxy => line.contains("Established connection to host"),
            // As its settings have it: how the server was chosen, and no error of Squid's own.
            Self::Squid => line == "HIER_DIRECT -",
            Self::Dante => line.contains("pass(1): tcp/connect ["),
            Self::Microsocks => line.contains(": connected to "),
        }
    }

    /// Writes its settings and gives the command that starts it, in the foreground and with one process where it has the
    /// choice.
    pub(super) fn command(self, folder: &Path, address: SocketAddr, login: Option<&(String, String)>) -> Command {
        let (ip, port) = (address.ip(), address.port());
        let settings = folder.join(SETTINGS);
        let log = folder.join(LOG);
        let log = log.display();
        let write = |text: String| fs::write(&settings, text).expect("its folder can be written to");
        match self {
            Self::Tinyproxy => {
                let login = login.map_or_else(String::new, |(user, password)| format!("BasicAuth {user} {password}\n"));
                write(format!(
                    "Port {port}\nListen {ip}\nTimeout 60\nMaxClients 200\nLogFile \"{log}\"\nLogLevel Connect\n{login}"
                ));
                let mut command = installed("tinyproxy", "tinyproxy");
                command.arg("-d").arg("-c").arg(settings);
                command
            }
            Self::Squid => {
                let login = login.map_or("http_access allow all\n".to_owned(), |login| squid_login(folder, login));
                write(format!(
                    "http_port {ip}:{port}\nvisible_hostname squid\npid_filename none\npinger_enable off\n\
                     max_filedescriptors 1024\ncache deny all\ncache_mem 1 MB\n\
                     logformat served %Sh %err_code\naccess_log stdio:{log} served\ncache_log {}\n{login}",
                    folder.join("notices").display()
                ));
                let mut command = installed("squid", "squid");
                // Its pieces of shared memory are called by this name.
                command.args(["-N", "-n", &format!("squid{port}"), "-f"]).arg(settings);
                command
            }
            Self::Dante => {
                // A rule's lines are told apart by their ends.
                let who = format!("from: {ip}/32 to: 0.0.0.0/0");
                write(format!(
                    "logoutput: {log}\ninternal: {ip} port = {port}\nexternal: {ip}\nclientmethod: none\nsocksmethod: none\n\
                     client pass {{\n{who}\n}}\nsocks pass {{\n{who}\ncommand: connect\nlog: connect\n}}\n"
                ));
                let mut command = installed("danted", "dante-server");
                command.arg("-f").arg(settings).arg("-p").arg(folder.join("pid"));
                command
            }
            Self::Microsocks => {
                let mut command = installed("microsocks", "microsocks");
                command.args(["-i", &ip.to_string(), "-p", &port.to_string()]);
                if let Some((user, password)) = login {
                    command.args(["-u", user, "-P", password]);
                }
                command
            }
        }
    }
}

/// Squid asks a program that comes with it about each login, which reads the file that Apache's writes.
fn squid_login(folder: &Path, (user, password): &(String, String)) -> String {
    let logins = folder.join(LOGINS);
    let mut htpasswd = installed("htpasswd", "apache2-utils")
        .arg("-ic")
        .arg(&logins)
        .arg(user)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("htpasswd cannot be started: {error}"));
    let mut stdin = htpasswd.stdin.take().expect("its standard input is a pipe");
    stdin.write_all(password.as_bytes()).expect("htpasswd reads a password");
    drop(stdin);
    let ended = htpasswd.wait().expect("htpasswd is waited for");
    assert!(ended.success(), "htpasswd takes the login: {ended}");
    format!(
        "auth_param basic program /usr/lib/squid/basic_ncsa_auth {}\nauth_param basic children 1\n\
         acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n",
        logins.display()
    )
}

/// A program of a Debian package. Servers are where only root searches.
fn installed(program: &str, package: &str) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(program)).find(|path| path.is_file());
    Command::new(found.unwrap_or_else(|| panic!("{program} is missing: it is in Debian's package {package}")))
}
