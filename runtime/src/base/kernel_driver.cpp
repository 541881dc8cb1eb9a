// The production driver: thin, allocates nothing per call, hides EINTR and SIGPIPE.
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>

#include <rondeau/base/driver.h>

#include "base/epoll_poller.h"
#include "base/kernel_messages.h"
#include "base/no_sigpipe.h"

namespace rondeau::base {
namespace {

template <class Call>
auto retry(Call call) noexcept {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

Result<void> checked(int result) noexcept {
  if (result != 0) return Error::from_os(errno);
  return {};
}

Result<std::size_t> counted(ssize_t result) noexcept {
  if (result < 0) return Error::from_os(errno);
  return static_cast<std::size_t>(result);
}

std::int64_t read_clock(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// `failed`: of getaddrinfo(3).
Error look_up_error(int failed, int os_error) {
  switch (failed) {
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
      return Errc::NotFound;
    case EAI_AGAIN:
      return Errc::TimedOut;
    case EAI_MEMORY:
      return Errc::OutOfMemory;
    case EAI_SYSTEM:
      return Error::from_os(os_error);
    default:
      return Error(Errc::Other, ::gai_strerror(failed));
  }
}

class KernelDriver final : public Driver {
 public:
  Instant now() noexcept override { return Instant::from_nanoseconds(read_clock(CLOCK_MONOTONIC)); }
  std::int64_t wall_clock() noexcept override { return read_clock(CLOCK_REALTIME); }

  void random(std::span<std::byte> out) noexcept override {
    while (!out.empty()) {
      const ssize_t filled = retry([&] { return ::getrandom(out.data(), out.size(), 0); });
      if (filled < 0) fail("getrandom(2) does not work on this system");
      out = out.subspan(static_cast<std::size_t>(filled));
    }
  }

  Result<std::unique_ptr<Poller>> make_poller(std::size_t batch) override { return EpollPoller::make(batch); }

  Result<int> socket(int family, int type, int protocol) override {
    const int made = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (made < 0) return Error::from_os(errno);
    return made;
  }
  Result<void> bind(int socket, const sockaddr* address, socklen_t size) override {
    return checked(::bind(socket, address, size));
  }
  Result<void> listen(int socket, int backlog) override { return checked(::listen(socket, backlog)); }

  Result<int> accept(int listener, sockaddr* peer, socklen_t* size) override {
    const int accepted = retry([&] { return ::accept4(listener, peer, size, SOCK_NONBLOCK | SOCK_CLOEXEC); });
    if (accepted < 0) return Error::from_os(errno);
    return accepted;
  }

  Result<void> connect(int socket, const sockaddr* address, socklen_t size) override {
    if (::connect(socket, address, size) == 0) return {};
    // Interrupted or not, the kernel goes on connecting.
    if (errno == EINPROGRESS || errno == EINTR) return Errc::WouldBlock;
    // A Unix listener whose queue is full. Nothing goes on that one could wait for.
    if (errno == EAGAIN) return Errc::Overloaded;
    return Error::from_os(errno);
  }

  Result<std::size_t> receive(int socket, std::span<std::byte> out, int flags) override {
    return counted(retry([&] { return ::recv(socket, out.data(), out.size(), flags); }));
  }
  Result<Received> receive_telling_rest(int socket, std::span<std::byte> out) override {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec buffer{.iov_base = out.data(), .iov_len = out.size()};
    msghdr message{};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t count = retry([&] { return ::recvmsg(socket, &message, 0); });
    if (count < 0) return Error::from_os(errno);
    int rest = 1;  // unless the kernel says otherwise: look again
    const cmsghdr* told = CMSG_FIRSTHDR(&message);
    if (told != nullptr && told->cmsg_level == IPPROTO_TCP && told->cmsg_type == TCP_CM_INQ) {
      std::memcpy(&rest, CMSG_DATA(told), sizeof rest);
    }
    return Received{.count = static_cast<std::size_t>(count), .rest = static_cast<std::size_t>(rest)};
  }
  Result<std::size_t> send(int socket, std::span<const std::byte> bytes) override {
    return counted(retry([&] { return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); }));
  }
  Result<std::size_t> send_vectored(int socket, std::span<const ConstBuffer> buffers) override {
    msghdr message{};
    // sendmsg reads only; ConstBuffer is laid out as an iovec.
    message.msg_iov = const_cast<iovec*>(reinterpret_cast<const iovec*>(buffers.data()));
    message.msg_iovlen = std::min<std::size_t>(buffers.size(), IOV_MAX);
    return counted(retry([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL); }));
  }
  Result<void> shutdown(int socket, int how) override { return checked(::shutdown(socket, how)); }
  void close(int socket) noexcept override { ::close(socket); }

  Result<void> set_option(int socket, int level, int name, std::span<const std::byte> value) override {
    return checked(::setsockopt(socket, level, name, value.data(), static_cast<socklen_t>(value.size())));
  }
  Result<std::size_t> option(int socket, int level, int name, std::span<std::byte> value) override {
    auto size = static_cast<socklen_t>(value.size());
    if (::getsockopt(socket, level, name, value.data(), &size) != 0) return Error::from_os(errno);
    return std::size_t{size};
  }
  Result<void> local_address(int socket, sockaddr* address, socklen_t* size) override {
    return checked(::getsockname(socket, address, size));
  }
  Result<void> peer_address(int socket, sockaddr* address, socklen_t* size) override {
    return checked(::getpeername(socket, address, size));
  }

  Result<std::size_t> send_messages(int socket, std::span<OutgoingMessage> messages) override {
    return kernel_send_messages(socket, messages);
  }
  Result<std::size_t> receive_messages(int socket, std::span<IncomingMessage> messages, int flags) override {
    return kernel_receive_messages(socket, messages, flags);
  }
  Result<std::array<int, 2>> socket_pair(int family, int type, int protocol) override {
    std::array<int, 2> ends{};
    if (::socketpair(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol, ends.data()) != 0) {
      return Error::from_os(errno);
    }
    return ends;
  }
  Result<std::array<int, 2>> pipe() override {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return Error::from_os(errno);
    return ends;
  }
  Result<std::size_t> read(int descriptor, std::span<const MutableBuffer> buffers) override {
    // MutableBuffer is laid out as an iovec.
    const auto* vectors = reinterpret_cast<const iovec*>(buffers.data());
    const auto count = static_cast<int>(std::min<std::size_t>(buffers.size(), IOV_MAX));
    return counted(retry([&] { return ::readv(descriptor, vectors, count); }));
  }
  Result<std::size_t> write(int descriptor, std::span<const ConstBuffer> buffers) override {
    const auto* vectors = reinterpret_cast<const iovec*>(buffers.data());
    const auto count = static_cast<int>(std::min<std::size_t>(buffers.size(), IOV_MAX));
    NoSigpipe quiet;
    auto written = counted(retry([&] { return ::writev(descriptor, vectors, count); }));
    if (!written && written.error() == Errc::BrokenPipe) quiet.broken();
    return written;
  }

  Result<std::size_t> send_file(int socket, int file, std::uint64_t offset, std::size_t count) override {
    auto from = static_cast<off_t>(offset);
    if (from < 0) return Errc::InvalidArgument;
    NoSigpipe quiet;
    auto sent = counted(retry([&] { return ::sendfile(socket, file, &from, count); }));
    if (!sent && sent.error() == Errc::BrokenPipe) quiet.broken();
    return sent;
  }

  Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port) override {
    // The system's calls end a name at a NUL and would look up another one.
    if (host.find('\0') != std::string::npos) return Errc::InvalidArgument;
    // One type of socket, or every address would come once for each of them.
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    if (const int failed = ::getaddrinfo(host.c_str(), nullptr, &wanted, &first); failed != 0) {
      return look_up_error(failed, errno);
    }
    std::vector<SocketAddress> found;
    for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
      sockaddr_storage system{};
      std::memcpy(&system, each->ai_addr, std::min<std::size_t>(each->ai_addrlen, sizeof system));
      auto address = SocketAddress::from_system(system, each->ai_addrlen);
      if (!address) continue;
      address->set_port(port);
      if (std::ranges::find(found, *address) == found.end()) found.push_back(*std::move(address));
    }
    ::freeaddrinfo(first);
    if (found.empty()) return Errc::NotFound;
    return found;
  }
};

}  // namespace

Driver& kernel_driver() noexcept {
  // Never destroyed: sockets may be closed while the process ends.
  static KernelDriver& kernel = *new KernelDriver;
  return kernel;
}

}  // namespace rondeau::base
