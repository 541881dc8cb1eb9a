#include "service/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace rondeau::service {
namespace {

std::optional<std::int64_t> number_in(const char* variable) noexcept {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
  return error == std::errc() && *end == '\0' && value > 0 ? std::optional(value) : std::nullopt;
}

}  // namespace

void notify_manager(std::string_view state) noexcept {
  const char* path =
      std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): nothing here changes the environment
  if (path == nullptr || (*path != '/' && *path != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof(address.sun_path)) return;
  std::memcpy(address.sun_path, path, length);
  if (*path == '@') address.sun_path[0] = '\0';  // an abstract name
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  static_cast<void>(
      ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size));
  ::close(fd);
}

std::optional<std::chrono::microseconds> watchdog_patience() noexcept {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): as above
  const bool names_one = std::getenv("WATCHDOG_PID") != nullptr;
  if (names_one && number_in("WATCHDOG_PID") != std::int64_t{::getpid()}) return std::nullopt;
  const auto patience = number_in("WATCHDOG_USEC");
  return patience ? std::optional(std::chrono::microseconds(*patience)) : std::nullopt;
}

}  // namespace rondeau::service
