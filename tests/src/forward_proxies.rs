//! Forward proxies as the world has them, on loopback: Tinyproxy, Squid, and two that speak SOCKS.
//!
//! Each is a process of its own with its settings in a folder of its own, and runs as an unprivileged user where the tests
//! run as root. They cache nothing, resolve names themselves, and let everything through for whoever knows the login.

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A user of the proxy's and the password. Both are of letters, digits, `-` and `_`, so that they need no escapes in the files
/// of the programs.
pub type Login<'a> = (&'a str, &'a str);

/// A running proxy. Dropping it ends the process and waits until it has ended.
#[derive(Debug)]
pub struct ForwardProxy {
    program: Program,
    login: Option<(String, String)>,
    address: SocketAddr,
    folder: TempDir,
    as_nobody: bool,
    child: Option<Child>,
}

#[derive(Clone, Copy, Debug)]
enum Program {
    Tinyproxy,
    Squid,
    Dante,
    Microsocks,
}

/// How long it is waited for what should come soon.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many ports are tried: each was free a moment ago, and another test may have been quicker.
const PORTS: usize = 5;

/// The user and the group `nobody`, which every Debian has.
const NOBODY: u32 = 65_534;

impl ForwardProxy {
    /// Starts Tinyproxy, an HTTP proxy; it takes one request a connection.
    ///
    /// # Panics
    /// If it is not installed or does not start; so do the others.
    pub fn tinyproxy(login: Option<Login>) -> Self {
        Self::start(Program::Tinyproxy, login)
    }

    /// Starts Squid, an HTTP proxy that keeps connections.
    pub fn squid(login: Option<Login>) -> Self {
        Self::start(Program::Squid, login)
    }

    /// Starts a SOCKS 5 proxy: Dante, or with a login microsocks, since Dante has no users but the system's.
    pub fn socks(login: Option<Login>) -> Self {
        let program = if login.is_some() {
            Program::Microsocks
        } else {
            Program::Dante
        };
        Self::start(program, login)
    }

    fn start(program: Program, login: Option<Login>) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        // What root has made is root's.
        let as_nobody = fs::metadata(&folder).expect("the folder is there").uid() == 0;
        if as_nobody {
            chown(&folder, Some(NOBODY), Some(NOBODY)).expect("root can give a folder away");
        }
        let mut proxy = Self {
            program,
            login: login.map(|(user, password)| (user.to_owned(), password.to_owned())),
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            folder,
            as_nobody,
            child: None,
        };
        for _ in 0..PORTS {
            proxy.address = free_address();
            if proxy.try_start() {
                return proxy;
            }
        }
        panic!("{program:?} does not start: {}", proxy.said());
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, with the login where it asks for one.
    pub fn url(&self) -> String {
        let login = self.login.as_ref();
        let login = login.map_or_else(String::new, |(user, password)| format!("{user}:{password}@"));
        format!("{}://{login}{}", self.program.scheme(), self.address)
    }

    /// How many requests and `CONNECT`s it has passed on to where they were for, for SOCKS how many connections. What it
    /// refused, and what it could not reach, does not count.
    ///
    /// Squid counts when an exchange is over, which is a moment after the client knows the answer, and for `CONNECT` when the
    /// client hangs up: [`Self::wait_for_served`].
    pub fn served(&self) -> usize {
        // A program that has served nothing may have no log yet.
        let log = fs::read(self.folder.path().join(self.program.log())).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.lines().filter(|line| self.program.has_served(line)).count()
    }

    /// Waits until it has served at least so many, and gives how many those are.
    ///
    /// # Panics
    /// If they do not come within half a minute.
    pub fn wait_for_served(&self, count: usize) -> usize {
        let began = Instant::now();
        loop {
            let served = self.served();
            if served >= count {
                return served;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{:?} served {served}, not {count}",
                self.program
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends the process, and with it every connection; then connections are refused.
    ///
    /// # Panics
    /// If the port does not become free.
    pub fn stop(&mut self) {
        self.end();
        let began = Instant::now();
        while TcpStream::connect(self.address).is_ok() {
            assert!(began.elapsed() < PATIENCE, "{} is still listened to", self.address);
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts it again on the same port after [`Self::stop`]; it goes on counting.
    ///
    /// # Panics
    /// If it does not start, for example because its port was taken.
    pub fn start_again(&mut self) {
        self.stop();
        assert!(
            self.try_start(),
            "{:?} does not start again: {}",
            self.program,
            self.said()
        );
    }

    fn end(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // One that is gone already cannot be ended, and that is as well. What Squid and Dante have started ends with them.
        let _ = child.kill();
        let _ = child.wait();
    }

    /// What it says about itself.
    fn said(&self) -> String {
        let files = [OUTPUT, LOG].map(|name| fs::read(self.folder.path().join(name)).unwrap_or_default());
        String::from_utf8_lossy(&files.concat()).into_owned()
    }

    /// Whether it runs and listens now.
    fn try_start(&mut self) -> bool {
        let folder = self.folder.path();
        let output = File::options().create(true).append(true).open(folder.join(OUTPUT));
        let output = output.expect("its folder can be written to");
        let mut command = self.program.command(folder, self.address, self.login.as_ref());
        command
            .current_dir(folder)
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a file can be had twice"))
            .stderr(output);
        if self.as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} cannot be started: {error}", self.program));
        let child = self.child.insert(child);
        let began = Instant::now();
        while began.elapsed() < PATIENCE && !has_ended(child) {
            // What listens is another's if this one has ended for want of the port.
            if TcpStream::connect(self.address).is_ok() && !has_ended(child) {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.end();
        false
    }
}

impl Drop for ForwardProxy {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a program prints.
const OUTPUT: &str = "output";
/// What a program logs, where it is told where to.
const LOG: &str = "log";
/// What a program has its settings in.
const SETTINGS: &str = "settings";
/// Who may use Squid.
const LOGINS: &str = "logins";

impl Program {
    fn scheme(self) -> &'static str {
        match self {
            Self::Tinyproxy | Self::Squid => "http",
            Self::Dante | Self::Microsocks => "socks5",
        }
    }

    /// Where it logs what it served.
    fn log(self) -> &'static str {
        match self {
            Self::Tinyproxy | Self::Squid | Self::Dante => LOG,
            Self::Microsocks => OUTPUT,
        }
    }

    /// Whether a line of its log is that of something served.
    fn has_served(self, line: &str) -> bool {
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
    fn command(self, folder: &Path, address: SocketAddr, login: Option<&(String, String)>) -> Command {
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

/// An address on loopback that was free a moment ago.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("what listens has an address")
}

fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::sync::OnceLock;

    use super::*;

    const LOGIN: Login = ("someone", "hush-hush_1");

    /// A server that answers 204 to every request, one a connection, for as long as the tests run.
    fn target() -> SocketAddr {
        static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
        *ADDRESS.get_or_init(|| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    let mut head = Vec::new();
                    let mut byte = [0];
                    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                        head.push(byte[0]);
                    }
                    stream
                        .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                        .unwrap();
                }
            });
            address
        })
    }

    /// The status that curl gets through a proxy, 000 for none, and the proxy's answer to `CONNECT`.
    fn fetch(proxy: &str, target: SocketAddr, arguments: &[&str]) -> String {
        let output = Command::new("curl")
            .args(["--silent", "--max-time", "20", "--noproxy", "", "--proxy", proxy])
            .args(["--write-out", "%{http_code} %{http_connect}", "--output", "/dev/null"])
            .args(arguments)
            .arg(format!("http://{target}/"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// What every proxy must do; `refusals` are what a client with another login gets, or
    /// none, for a request and for `CONNECT`.
    fn check(start: fn(Option<Login>) -> ForwardProxy, login: Option<Login>, refusals: &[(&str, [&str; 2])]) {
        let mut proxy = start(login);
        assert_eq!(proxy.served(), 0);
        let target = target();
        for count in 1..=3 {
            assert_eq!(fetch(&proxy.url(), target, &[]), "204 000", "{proxy:?}");
            assert_eq!(proxy.wait_for_served(count), count, "{proxy:?}");
        }
        let tunnel = fetch(&proxy.url(), target, &["--proxytunnel"]);
        let connected = if proxy.program.scheme() == "http" {
            "204 200"
        } else {
            "204 000"
        };
        assert_eq!(tunnel, connected, "{proxy:?}");
        assert_eq!(proxy.wait_for_served(4), 4, "{proxy:?}");

        fetch(&proxy.url(), free_address(), &[]);
        fetch(&proxy.url(), free_address(), &["--proxytunnel"]);
        for (login, [plain, tunnel]) in refusals {
            let url = format!("{}://{login}{}", proxy.program.scheme(), proxy.address());
            assert_eq!(fetch(&url, target, &[]), *plain, "{url}");
            assert_eq!(fetch(&url, target, &["--proxytunnel"]), *tunnel, "{url}");
        }

        proxy.stop();
        assert_eq!(fetch(&proxy.url(), target, &[]), "000 000", "{proxy:?}");
        proxy.start_again();
        assert_eq!(fetch(&proxy.url(), target, &[]), "204 000", "{proxy:?}");
        assert_eq!(proxy.wait_for_served(5), 5, "{proxy:?}");
    }

    const NO_LOGIN: &str = "";
    const WRONG_PASSWORD: &str = "someone:wrong@";
    const WRONG_USER: &str = "nobody:hush-hush_1@";

    #[test]
    fn tinyproxy_serves_counts_and_asks() {
        check(ForwardProxy::tinyproxy, None, &[]);
        // It says 401, as servers do, to a login that it does not know.
        let refusals = [
            (NO_LOGIN, ["407 000", "000 407"]),
            (WRONG_PASSWORD, ["401 000", "000 401"]),
            (WRONG_USER, ["401 000", "000 401"]),
        ];
        check(ForwardProxy::tinyproxy, Some(LOGIN), &refusals);
    }

    #[test]
    fn squid_serves_counts_and_asks() {
        check(ForwardProxy::squid, None, &[]);
        let refusals = [NO_LOGIN, WRONG_PASSWORD, WRONG_USER].map(|login| (login, ["407 000", "000 407"]));
        check(ForwardProxy::squid, Some(LOGIN), &refusals);
    }

    #[test]
    fn socks_serves_counts_and_asks() {
        check(ForwardProxy::socks, None, &[]);
        let refusals = [NO_LOGIN, WRONG_PASSWORD, WRONG_USER].map(|login| (login, ["000 000", "000 000"]));
        check(ForwardProxy::socks, Some(LOGIN), &refusals);
    }

    /// The ids of a process and of all that it has started, of those that still run.
    fn running(process: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let stats = fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .map(|entry| entry.path().join("stat"));
        let stats: Vec<String> = stats.filter_map(|stat| fs::read_to_string(stat).ok()).collect();
        let mut wanted = vec![process];
        while let Some(id) = wanted.pop() {
            for stat in &stats {
                let (name, rest) = stat.rsplit_once(')').unwrap();
                let own: u32 = name.split_once(' ').unwrap().0.parse().unwrap();
                let mut rest = rest.split_whitespace();
                let (state, parent) = (rest.next().unwrap(), rest.next().unwrap().parse::<u32>().unwrap());
                if parent == id {
                    wanted.push(own);
                }
                if own == id && state != "Z" {
                    found.push(own);
                }
            }
        }
        found
    }

    #[test]
    fn nothing_is_left_of_it() {
        let starts: [fn(Option<Login>) -> ForwardProxy; 3] =
            [ForwardProxy::tinyproxy, ForwardProxy::squid, ForwardProxy::socks];
        for (start, login) in starts
            .into_iter()
            .flat_map(|start| [(start, None), (start, Some(LOGIN))])
        {
            let proxy = start(login);
            assert_eq!(fetch(&proxy.url(), target(), &[]), "204 000", "{proxy:?}");
            let processes = running(proxy.child.as_ref().unwrap().id());
            let folder = proxy.folder.path().to_owned();
            assert!(!processes.is_empty(), "{proxy:?}");
            drop(proxy);
            assert!(!folder.exists());
            let began = Instant::now();
            while processes.iter().any(|process| !running(*process).is_empty()) {
                assert!(began.elapsed() < PATIENCE, "{processes:?} of {folder:?}");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}
