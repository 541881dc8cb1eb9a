#include "support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/base/unique_fd.h>

namespace support {
namespace {

namespace fs = std::filesystem;
using rondeau::base::fail;
using rondeau::base::UniqueFd;

constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kLook = std::chrono::milliseconds(10);

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// Free now; another program may take it before the server does.
std::uint16_t free_port() {
  const UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("no free port");
  }
  return ntohs(address.sin_port);
}

/// Whether something listens there.
bool answers(std::uint16_t port) {
  const UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::optional<std::string> RedisServer::program() {
  for (const char* where : {"/usr/bin/redis-server", "/usr/local/bin/redis-server"}) {
    if (::access(where, X_OK) == 0) return where;
  }
  return std::nullopt;
}

RedisServer::RedisServer(RedisOptions options) : options_(std::move(options)), program_(program().value_or("")) {
  if (program_.empty()) fail("no redis-server is installed");
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = free_port();
    fs::remove(directory_ / "log");
    launch();
    if (wait_until_ready()) return;
    if (log().find("in use") == std::string::npos) break;
  }
  fail(("redis-server does not start: " + log()).c_str());
}

RedisServer::~RedisServer() {
  if (pid_ > 0) end(SIGKILL);
}

std::string RedisServer::url() const {
  return (options_.tls ? "rediss://localhost:" : "redis://127.0.0.1:") + std::to_string(port_);
}

void RedisServer::launch() {
  std::vector<std::string> words{program_, "--bind", "127.0.0.1", "--unixsocket", socket_path(), "--save", "",
                                 "--appendonly", "no", "--dir", directory_.path(), "--logfile", directory_ / "log",
                                 "--daemonize", "no"};
  const std::string port = std::to_string(port_);
  if (options_.tls) {
    words.insert(words.end(), {"--tls-port", port, "--port", "0", "--tls-cert-file", options_.tls->certificate,
                               "--tls-key-file", options_.tls->key, "--tls-ca-cert-file", options_.tls->certificate,
                               "--tls-auth-clients", "no"});
  } else {
    words.insert(words.end(), {"--port", port});
  }
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const UniqueFd out(::open((directory_ / "output").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child > 0) {
    pid_ = child;
    return;
  }
  // From here to exec only what a child of a process with threads may call.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(out.get(), 1);
  ::dup2(out.get(), 2);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

bool RedisServer::wait_until_ready() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) return pid_ = -1, false;
    // The log first: something else may listen on a port that was taken.
    if (log().find("Ready to accept connections") != std::string::npos && answers(port_)) return true;
    std::this_thread::sleep_for(kLook);
  }
  return false;
}

void RedisServer::kill() { end(SIGKILL); }
void RedisServer::stop() { end(SIGTERM); }

void RedisServer::start() {
  fs::remove(directory_ / "log");
  launch();
  if (!wait_until_ready()) fail(("redis-server does not start again: " + log()).c_str());
}

void RedisServer::freeze() { ::kill(pid_, SIGSTOP); }
void RedisServer::thaw() { ::kill(pid_, SIGCONT); }

void RedisServer::end(int signal) {
  ::kill(pid_, signal);
  const pid_t child = std::exchange(pid_, -1);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace support
