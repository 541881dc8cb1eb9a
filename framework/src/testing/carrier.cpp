#include "testing/carrier.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace rondeau::testing {
namespace {

/// Bytes that are not there after so many milliseconds wait for a peer that does not read.
constexpr int kPatience = 50;
constexpr int kYields = 4;

std::uint64_t ask(int socket, unsigned long what) noexcept {
  int answer = 0;
  return ::ioctl(socket, what, &answer) == 0 ? static_cast<std::uint64_t>(answer) : 0;
}

void wait_a_little(int turn) noexcept {
  if (turn < kYields) {
    ::sched_yield();
  } else {
    const timespec millisecond{.tv_sec = 0, .tv_nsec = 1'000'000};
    ::nanosleep(&millisecond, nullptr);
  }
}

}  // namespace

constexpr server::StreamKind Carrier::kKind{nullptr, &Carrier::reset_on_close, &Carrier::bytes_arrived,
                                            &Carrier::send_file};

Carrier::Carrier(Parts parts) noexcept : parts_(std::move(parts)) {
  if (parts_.line) parts_.line->ends[parts_.side].socket = described_descriptor();
}

Carrier::~Carrier() {
  if (parts_.line) parts_.line->ends[parts_.side].socket = -1;
  parts_.inner = io::AnyStream();
  deliver_end();
}

Result<std::size_t> Carrier::try_read(std::span<std::byte> out) noexcept {
  if (parts_.chance && !out.empty()) {
    if (parts_.chance->puts_off()) return Errc::WouldBlock;
    out = out.first(parts_.chance->piece(out.size()));
  }
  auto count = parts_.inner->try_read(out);
  if (!parts_.line) return count;
  if (count) parts_.line->ends[parts_.side].read += *count;
  if (!count && count.error() == Errc::WouldBlock) await_bytes();
  return count;
}

Result<std::size_t> Carrier::try_write(std::span<const std::byte> bytes) noexcept {
  if (parts_.chance && !bytes.empty()) {
    if (parts_.chance->puts_off()) return Errc::WouldBlock;
    bytes = bytes.first(parts_.chance->piece(bytes.size()));
  }
  return sent(parts_.inner->try_write(bytes));
}

Result<std::size_t> Carrier::try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept {
  if (parts_.chance) {
    for (const io::ConstBuffer& buffer : buffers) {
      if (!buffer.empty()) return try_write(buffer.span());
    }
  }
  return sent(parts_.inner->try_write_vectored(buffers));
}

Result<void> Carrier::try_shutdown(io::How how) noexcept {
  auto done = parts_.inner->try_shutdown(how);
  if (done && how != io::How::Read) deliver_end();
  return done;
}

void Carrier::reset_on_close(io::Stream& stream) {
  const Parts& parts = static_cast<Carrier&>(stream).parts_;
  if (parts.kind->reset_on_close != nullptr) parts.kind->reset_on_close(*parts.inner);
}

Result<std::uint64_t> Carrier::bytes_arrived(const io::Stream& stream) {
  const Parts& parts = static_cast<const Carrier&>(stream).parts_;
  if (parts.kind->bytes_arrived == nullptr) return Errc::Unsupported;
  return parts.kind->bytes_arrived(*parts.inner);
}

Result<std::size_t> Carrier::send_file(io::Stream& stream, int file, std::uint64_t offset, std::size_t count) {
  Carrier& self = static_cast<Carrier&>(stream);
  if (self.parts_.chance) {
    if (self.parts_.chance->puts_off()) return Errc::WouldBlock;
    count = self.parts_.chance->piece(count);
  }
  return self.sent(self.parts_.kind->send_file(*self.parts_.inner, file, offset, count));
}

Result<std::size_t> Carrier::sent(Result<std::size_t> count) noexcept {
  if (!parts_.line || !count || *count == 0) return count;
  parts_.line->ends[parts_.side].written += *count;
  deliver_bytes();
  return count;
}

void Carrier::deliver_bytes() const noexcept {
  const Line::End& from = parts_.line->ends[parts_.side];
  const Line::End& to = parts_.line->ends[1 - parts_.side];
  for (int turn = 0; to.socket >= 0 && turn < kYields + kPatience; ++turn) {
    if (to.read + ask(to.socket, FIONREAD) >= from.written) return;
    // Nothing is under way where the other end has no room.
    if (turn >= kYields && ask(from.socket, SIOCOUTQ) == ask(from.socket, SIOCOUTQNSD)) return;
    wait_a_little(turn);
  }
}

/// Where there was no room for all that was written, the system of the other end still holds the rest, and sends it as
/// this one reads. What has come is told at the next poll, before the clock jumps.
void Carrier::await_bytes() const noexcept {
  const Line::End& here = parts_.line->ends[parts_.side];
  const Line::End& there = parts_.line->ends[1 - parts_.side];
  for (int turn = 0; here.read < there.written && turn < kYields + kPatience; ++turn) {
    if (ask(here.socket, FIONREAD) > 0) return;
    wait_a_little(turn);
  }
}

void Carrier::deliver_end() const noexcept {
  if (!parts_.line) return;
  const int other = parts_.line->ends[1 - parts_.side].socket;
  if (other < 0) return;
  pollfd end{.fd = other, .events = POLLRDHUP, .revents = 0};
  static_cast<void>(::poll(&end, 1, kPatience));
}

}  // namespace rondeau::testing
