//! Forward proxies as the world has them, on loopback: Tinyproxy, Squid, and two that speak SOCKS.
//!
//! Each is a process of its own with its settings in a folder of its own, and runs as an unprivileged user where the tests
//! run as root. They cache nothing, resolve names themselves, and let everything through for whoever knows the login.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use self::program::{LOG, OUTPUT, Program};

mod program;

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

/// An address on loopback that was free a moment ago.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("what listens has an address")
}

fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

#[cfg(test)]
mod tests;
