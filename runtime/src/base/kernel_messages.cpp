#include "base/kernel_messages.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace rondeau::base {
namespace {

/// In one call of sendmmsg(2) or recvmmsg(2), since their lists are on the stack.
constexpr std::size_t kMessagesAtOnce = 64;
/// The kernel takes no more with one message (SCM_MAX_FD).
constexpr std::size_t kDescriptorsAtOnce = 253;

template <class Call>
Result<std::size_t> counted(Call call) noexcept {
  for (;;) {
    const auto result = call();
    if (result >= 0) return static_cast<std::size_t>(result);
    if (errno != EINTR) return Error::from_os(errno);
  }
}

/// Room for descriptors beside a message.
class Control {
 public:
  /// CMSG_LEN, not CMSG_SPACE: the kernel would fill what only pads with one descriptor more.
  void offer(msghdr& header, std::size_t descriptors) noexcept {
    header.msg_control = bytes_;
    header.msg_controllen = CMSG_LEN(sizeof(int) * std::min(descriptors, kDescriptorsAtOnce));
  }
  void put(msghdr& header, std::span<const int> descriptors) noexcept {
    std::memset(bytes_, 0, sizeof bytes_);
    offer(header, descriptors.size());
    cmsghdr* first = CMSG_FIRSTHDR(&header);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(first), descriptors.data(), descriptors.size_bytes());
  }

 private:
  alignas(cmsghdr) char bytes_[CMSG_SPACE(sizeof(int) * kDescriptorsAtOnce)];
};

iovec as_vector(std::span<const std::byte> bytes) noexcept {
  // Sending only reads.
  return {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
}

void address(msghdr& header, const OutgoingMessage& message) noexcept {
  header.msg_name = const_cast<sockaddr*>(message.to);
  header.msg_namelen = message.to_size;
}

void address(msghdr& header, const IncomingMessage& message) noexcept {
  header.msg_name = message.from;
  header.msg_namelen = message.from != nullptr ? message.from_size : 0;
}

void note(IncomingMessage& message, const msghdr& header, std::size_t count) noexcept {
  // With MSG_TRUNC among the flags of the call the kernel tells the datagram's size, not what was filled.
  message.received = std::min(count, message.room.size());
  message.from_size = header.msg_namelen;
  message.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  message.descriptors_received = 0;
}

/// The descriptors that came. They are ours, whatever the room for them.
Result<void> take_descriptors(IncomingMessage& message, msghdr& header) noexcept {
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    std::memcpy(message.descriptors.data(), CMSG_DATA(each), count * sizeof(int));
    message.descriptors_received = count;
  }
  if ((header.msg_flags & MSG_CTRUNC) == 0) return {};
  for (int descriptor : message.descriptors.first(message.descriptors_received)) ::close(descriptor);
  message.descriptors_received = 0;
  return Errc::TooLarge;
}

Result<std::size_t> send_one(int socket, OutgoingMessage& message) noexcept {
  if (message.descriptors.size() > kDescriptorsAtOnce) return Errc::InvalidArgument;
  iovec vector = as_vector(message.bytes);
  msghdr header{};
  address(header, message);
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  Control control;
  if (!message.descriptors.empty()) control.put(header, message.descriptors);
  auto sent = counted([&] { return ::sendmsg(socket, &header, MSG_NOSIGNAL); });
  if (!sent) return sent;
  message.sent = *sent;
  return std::size_t{1};
}

Result<std::size_t> receive_one(int socket, IncomingMessage& message, int flags) noexcept {
  iovec vector{.iov_base = message.room.data(), .iov_len = message.room.size()};
  msghdr header{};
  address(header, message);
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  Control control;
  if (!message.descriptors.empty()) control.offer(header, message.descriptors.size());
  auto count = counted([&] { return ::recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC); });
  if (!count) return count;
  note(message, header, *count);
  if (!message.descriptors.empty()) {
    if (auto taken = take_descriptors(message, header); !taken) return std::move(taken).error();
  }
  return std::size_t{1};
}

/// How many go in one call: one that has to do with descriptors goes alone.
template <class Message>
std::size_t leading(std::span<const Message> messages) noexcept {
  std::size_t count = 0;
  while (count < messages.size() && count < kMessagesAtOnce && messages[count].descriptors.empty()) ++count;
  return count;
}

}  // namespace

Result<std::size_t> kernel_send_messages(int socket, std::span<OutgoingMessage> messages) {
  if (messages.empty()) return std::size_t{0};
  const std::size_t size = leading<OutgoingMessage>(messages);
  if (size <= 1) return send_one(socket, messages.front());
  std::array<mmsghdr, kMessagesAtOnce> headers;
  std::array<iovec, kMessagesAtOnce> vectors;
  for (std::size_t i = 0; i < size; ++i) {
    vectors[i] = as_vector(messages[i].bytes);
    headers[i] = {};
    address(headers[i].msg_hdr, messages[i]);
    headers[i].msg_hdr.msg_iov = &vectors[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  auto sent = counted([&] { return ::sendmmsg(socket, headers.data(), static_cast<unsigned>(size), MSG_NOSIGNAL); });
  if (!sent) return sent;
  for (std::size_t i = 0; i < *sent; ++i) messages[i].sent = headers[i].msg_len;
  return sent;
}

Result<std::size_t> kernel_receive_messages(int socket, std::span<IncomingMessage> messages, int flags) {
  if (messages.empty()) return std::size_t{0};
  const std::size_t size = leading<IncomingMessage>(messages);
  if (size <= 1) return receive_one(socket, messages.front(), flags);
  std::array<mmsghdr, kMessagesAtOnce> headers;
  std::array<iovec, kMessagesAtOnce> vectors;
  for (std::size_t i = 0; i < size; ++i) {
    vectors[i] = {.iov_base = messages[i].room.data(), .iov_len = messages[i].room.size()};
    headers[i] = {};
    address(headers[i].msg_hdr, messages[i]);
    headers[i].msg_hdr.msg_iov = &vectors[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  auto received = counted(
      [&] { return ::recvmmsg(socket, headers.data(), static_cast<unsigned>(size), flags | MSG_WAITFORONE, nullptr); });
  if (!received) return received;
  for (std::size_t i = 0; i < *received; ++i) note(messages[i], headers[i].msg_hdr, headers[i].msg_len);
  return received;
}

}  // namespace rondeau::base
