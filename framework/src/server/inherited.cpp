#include <rondeau/server/inherited.h>

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "server/listen_variables.h"

namespace rondeau::server {
namespace {

template <class N>
std::optional<N> number(std::string_view text) noexcept {
  N value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> take(const char* variable) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): the contract says so
  if (text == nullptr) return std::nullopt;
  std::string taken(text);
  ::unsetenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return taken;
}

}  // namespace

Result<std::vector<std::string>> names_of(const ListenVariables& said, int own_pid) {
  if (!said.pid || !said.fds) return std::vector<std::string>();
  const auto pid = number<int>(*said.pid);
  if (!pid || *pid <= 0) return Error(Errc::InvalidArgument, "LISTEN_PID is no process: " + *said.pid);
  if (*pid != own_pid) return std::vector<std::string>();
  const auto count = number<unsigned>(*said.fds);
  if (!count || *count > kMostInherited) return Error(Errc::InvalidArgument, "LISTEN_FDS is no number of them: " + *said.fds);
  std::vector<std::string> names;
  if (!said.names) {
    names.assign(*count, "unknown");
    return names;
  }
  for (std::string_view left = *said.names; names.size() <= *count;) {
    const std::size_t colon = left.find(':');
    names.emplace_back(left.substr(0, colon));
    if (colon == std::string_view::npos) break;
    left.remove_prefix(colon + 1);
  }
  if (*count == 0 && said.names->empty()) names.clear();
  if (names.size() != *count) return Error(Errc::InvalidArgument, "LISTEN_FDNAMES has another number of names than LISTEN_FDS");
  return names;
}

Result<std::vector<InheritedSocket>> inherited_sockets() {
  const ListenVariables said{take("LISTEN_PID"), take("LISTEN_FDS"), take("LISTEN_FDNAMES")};
  RONDEAU_TRY_PLAIN(std::vector<std::string> names, names_of(said, ::getpid()));
  constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
  std::vector<InheritedSocket> sockets;
  for (std::string& name : names) {
    const int fd = kFirst + static_cast<int>(sockets.size());
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      return Error(Errc::InvalidArgument, "LISTEN_FDS: descriptor " + std::to_string(fd) + " is not open");
    }
    sockets.push_back({std::move(name), base::UniqueFd(fd)});
  }
  return sockets;
}

}  // namespace rondeau::server
