// Reader: where bytes come from. A base class, so that what is read from need not be known: one virtual call an
// operation, no coroutine frame, no allocation.
#pragma once

#include <cstddef>
#include <span>

#include <rondeau/base/result.h>
#include <rondeau/detail/attempts.h>
#include <rondeau/io/buffer.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::io {

/// A wait for readiness, as those see it who implement a Reader or Writer: something to hand on to the one below.
using Waiter = detail::Waiter;

/// A source of bytes.
///
/// One task reads at a time; a second one that waits to read aborts in debug builds. Another task may write (Stream).
/// Lifetime: buffers and the reader itself must live until the await ends or is destroyed.
class Reader {
 public:
  class ReadSome;
  class ReadBuf;
  class ReadExact;
  class Readable;
  class PeerClosed;

  virtual ~Reader() = default;

  /// Reads what is there, at most out.size() bytes. 0 is the end (or an empty span).
  ///
  /// At most one successful system call. Errors: what the source reports. Cancellation: safe.
  [[nodiscard]] ReadSome read_some(std::span<std::byte> out) noexcept;
  /// As read_some, into the spare room of `buffer`; makes some where there is none.
  [[nodiscard]] ReadBuf read_buf(Buffer& buffer);
  /// Fills the whole span.
  ///
  /// Errors: UnexpectedEof where the source ends before. Cancellation: loses the bytes already read.
  [[nodiscard]] ReadExact read_exact(std::span<std::byte> out) noexcept;
  /// Waits until try_read has something to tell: bytes, the end, an error. May be early, so be ready for WouldBlock.
  ///
  /// Any number of tasks may wait. Cancellation: safe.
  [[nodiscard]] Readable readable() noexcept;
  /// Waits until the peer will send no more, whether or not what it sent was read. Also ends when the runtime does.
  ///
  /// A peer that closes its connection looks the same as one that only ends its half. Cancellation: safe.
  [[nodiscard]] PeerClosed peer_closed() noexcept;

  /// As read_some; Errc::WouldBlock where that would wait.
  virtual Result<std::size_t> try_read(std::span<std::byte> out) noexcept = 0;

  /// For implementers: begins a wait for one of the waiter's interests; false where it would be over at once.
  virtual bool start_wait(Waiter& waiter) noexcept = 0;
  /// Ends a wait that may be over already.
  virtual void end_wait(Waiter& waiter) noexcept = 0;
  /// For dumps: the descriptor behind it, or -1.
  virtual int described_descriptor() const noexcept { return -1; }

 protected:
  Reader() = default;
  Reader(const Reader&) = default;
  Reader& operator=(const Reader&) = default;
};

class [[nodiscard]] Reader::ReadSome final : public detail::Attempts<ReadSome, Reader> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  ReadSome(Reader& reader, std::span<std::byte> out) noexcept
      : Attempts(reader, detail::kReadInterest, Alone::Yes), out_(out) {}

  bool attempt() noexcept {
    result_ = source_.try_read(out_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<std::size_t> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<std::byte> out_;
  Result<std::size_t> result_;
};

class [[nodiscard]] Reader::ReadBuf final : public detail::Attempts<ReadBuf, Reader> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  ReadBuf(Reader& reader, Buffer& buffer) : Attempts(reader, detail::kReadInterest, Alone::Yes), buffer_(buffer) {
    if (buffer.spare().empty()) buffer.reserve(kLeastRoom);
  }

  bool attempt() noexcept {
    result_ = source_.try_read(buffer_.spare());
    if (result_) buffer_.commit(*result_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<std::size_t> await_resume() noexcept { return std::move(result_); }

 private:
  static constexpr std::size_t kLeastRoom = 64;

  Buffer& buffer_;
  Result<std::size_t> result_;
};

class [[nodiscard]] Reader::ReadExact final : public detail::Attempts<ReadExact, Reader> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;

  ReadExact(Reader& reader, std::span<std::byte> out) noexcept
      : Attempts(reader, detail::kReadInterest, Alone::Yes), left_(out) {}

  bool attempt() noexcept;
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<std::byte> left_;
  Result<void> result_;
};

class [[nodiscard]] Reader::Readable final : public detail::WaitForReadiness<Readable, Reader> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  explicit Readable(Reader& reader) noexcept : WaitForReadiness(reader, detail::kReadInterest) {}
};

class [[nodiscard]] Reader::PeerClosed final : public detail::WaitForReadiness<PeerClosed, Reader> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  explicit PeerClosed(Reader& reader) noexcept : WaitForReadiness(reader, detail::kClosedInterest) {}
};

inline Reader::ReadSome Reader::read_some(std::span<std::byte> out) noexcept {
  return ReadSome(*this, out);
}
inline Reader::ReadBuf Reader::read_buf(Buffer& buffer) {
  return ReadBuf(*this, buffer);
}
inline Reader::ReadExact Reader::read_exact(std::span<std::byte> out) noexcept {
  return ReadExact(*this, out);
}
inline Reader::Readable Reader::readable() noexcept {
  return Readable(*this);
}
inline Reader::PeerClosed Reader::peer_closed() noexcept {
  return PeerClosed(*this);
}

}  // namespace rondeau::io
