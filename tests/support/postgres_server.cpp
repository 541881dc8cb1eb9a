#include "support/postgres_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include <rondeau/base/assert.h>
#include <rondeau/base/unique_fd.h>

namespace support {
namespace {

namespace fs = std::filesystem;
using rondeau::base::fail;

constexpr auto kPatience = std::chrono::seconds(20);
constexpr auto kLook = std::chrono::milliseconds(10);

/// Whom the server runs as; nullopt: as we do.
struct Account {
  uid_t user;
  gid_t group;
};
std::optional<Account> account() {
  if (::geteuid() != 0) return std::nullopt;
  const passwd* postgres = ::getpwnam("postgres");
  if (postgres == nullptr) fail("the super-user cannot run PostgreSQL, and there is no user postgres");
  return Account{postgres->pw_uid, postgres->pw_gid};
}

pid_t launch(const std::vector<std::string>& words, const fs::path& directory, const fs::path& output) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const std::optional<Account> as = account();
  const rondeau::base::UniqueFd out(::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child > 0) return child;
  // From here to exec only what a child of a process with threads may call.
  if (as && (::setgroups(0, nullptr) != 0 || ::setgid(as->group) != 0 || ::setuid(as->user) != 0)) ::_exit(126);
  // After the change of user, which takes it back.
  ::prctl(PR_SET_PDEATHSIG, SIGINT);
  ::dup2(out.get(), 1);
  ::dup2(out.get(), 2);
  if (::chdir(directory.c_str()) != 0) ::_exit(126);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// Free now; another program may take it before the server does.
std::uint16_t free_port() {
  const rondeau::base::UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("no free port");
  }
  return ntohs(address.sin_port);
}

}  // namespace

std::optional<std::string> PostgresServer::programs() {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const fs::path programs = version.path() / "bin";
    if (fs::exists(programs / "initdb") && fs::exists(programs / "postgres")) found.push_back(programs);
  }
  if (found.empty()) return std::nullopt;
  return *std::max_element(found.begin(), found.end(), [](const std::string& left, const std::string& right) {
    return left.size() != right.size() ? left.size() < right.size() : left < right;
  });
}

PostgresServer::PostgresServer(PostgresOptions options) : options_(std::move(options)) {
  programs_ = programs().value_or("");
  if (programs_.empty()) fail("no PostgreSQL server is installed");
  give(directory_.path());
  run_initdb();
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = free_port();
    const fs::path log = directory_ / "log";
    fs::remove(log);
    pid_ = launch({programs_ + "/postgres", "-D", directory_ / "data", "-p", std::to_string(port_), "-k", directory_.path()},
                  directory_.path(), log);
    if (wait_until_ready()) return;
    if (this->log().find("in use") == std::string::npos) break;
  }
  fail(("PostgreSQL does not start: " + log()).c_str());
}

PostgresServer::~PostgresServer() {
  if (pid_ > 0) end(SIGINT);
}

std::string PostgresServer::url() const {
  return "postgres://postgres@127.0.0.1:" + std::to_string(port_) + "/postgres";
}

std::string PostgresServer::log() const {
  const std::string whole = directory_.get("log");
  return whole.substr(whole.size() > 2000 ? whole.size() - 2000 : 0);
}

void PostgresServer::give(const fs::path& file) const {
  if (const std::optional<Account> as = account()) {
    if (::chown(file.c_str(), as->user, as->group) != 0) fail("chown");
  }
  if (!fs::is_directory(file)) ::chmod(file.c_str(), 0600);
}

void PostgresServer::run_initdb() const {
  std::vector<std::string> words{programs_ + "/initdb", "-D", directory_ / "data", "-U", "postgres", "-E", "UTF8",
                                 "--locale=C.UTF-8", "--no-sync", "-A", options_.scram ? "scram-sha-256" : "trust"};
  if (options_.scram) {
    give(directory_.put("password", "postgres"));
    words.push_back("--pwfile=" + (directory_ / "password").native());
  }
  if (wait_for(launch(words, directory_.path(), directory_ / "initdb.log")) != 0) {
    fail(("initdb: " + directory_.get("initdb.log")).c_str());
  }
  std::string settings =
      "listen_addresses='127.0.0.1'\nfsync=off\nsynchronous_commit=off\nfull_page_writes=off\nshared_buffers=16MB\n"
      "autovacuum=off\n";
  for (const std::string& setting : options_.settings) settings += setting + '\n';
  std::ofstream(directory_.path() / "data" / "postgresql.conf", std::ios::app) << settings;
}

bool PostgresServer::wait_until_ready() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) return pid_ = -1, false;
    // Its last line is the state; one left by a crash has the pid of who died.
    const std::string state = directory_.get("data/postmaster.pid");
    if (state.starts_with(std::to_string(pid_) + '\n') && state.find("ready") != std::string::npos) return true;
    std::this_thread::sleep_for(kLook);
  }
  return false;
}

void PostgresServer::crash() { end(SIGQUIT); }
void PostgresServer::stop() { end(SIGINT); }

void PostgresServer::start() {
  pid_ = launch({programs_ + "/postgres", "-D", directory_ / "data", "-p", std::to_string(port_), "-k", directory_.path()},
                directory_.path(), directory_ / "log");
  if (!wait_until_ready()) fail(("PostgreSQL does not start again: " + log()).c_str());
}

void PostgresServer::freeze(pid_t backend) {
  if (::kill(backend, SIGSTOP) != 0) fail("that backend is not there");
}
void PostgresServer::thaw(pid_t backend) { ::kill(backend, SIGCONT); }

void PostgresServer::end(int signal) {
  ::kill(pid_, signal);
  wait_for(std::exchange(pid_, -1));
}

}  // namespace support
