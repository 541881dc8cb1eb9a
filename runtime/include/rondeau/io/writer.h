// Writer: where bytes go. A base class as Reader is: one virtual call an operation, no frame, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <rondeau/base/const_buffer.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/attempts.h>
#include <rondeau/io/reader.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::io {

using base::ConstBuffer;

/// Which direction to end.
enum class How : std::uint8_t { Read, Write, Both };

/// A sink of bytes.
///
/// One task writes at a time; a second one that waits to write aborts in debug builds. Another task may read (Stream).
/// Lifetime: buffers and the writer itself must live until the await ends or is destroyed.
class Writer {
 public:
  class WriteSome;
  class WriteVectored;
  class WriteAll;
  class WriteAllBuffer;
  class WriteAllVectored;
  class Writable;
  class Flush;
  class Shutdown;

  virtual ~Writer() = default;

  /// Writes what the sink takes at once; may be short. Errors: what the sink reports, BrokenPipe where the peer is
  /// gone.
  ///
  /// Cancellation: safe, nothing was written.
  [[nodiscard]] WriteSome write_some(std::span<const std::byte> bytes) noexcept;
  /// As write_some, from several buffers in one call. More than the system takes at once are cut, not refused.
  [[nodiscard]] WriteVectored write_vectored(std::span<const ConstBuffer> buffers) noexcept;
  /// Writes all of it. Errors: WriteZero where the sink takes nothing more; as write_some.
  ///
  /// Cancellation: an unknown part of it was written.
  [[nodiscard]] WriteAll write_all(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] WriteAll write_all(std::string_view text) noexcept;
  /// As write_all, and drops from the front of `bytes` what was written. Cancellation: safe, `bytes` says what is left.
  [[nodiscard]] WriteAllBuffer write_all_buf(std::span<const std::byte>& bytes) noexcept;
  /// As write_all, from several buffers, which are used up on the way.
  [[nodiscard]] WriteAllVectored write_all_vectored(std::span<ConstBuffer> buffers) noexcept;
  /// Waits until try_write has something to tell. May be early. Any number of tasks may wait. Cancellation: safe.
  [[nodiscard]] Writable writable() noexcept;
  /// Waits until nothing is buffered on our side. Cancellation: safe.
  [[nodiscard]] Flush flush() noexcept;
  /// Flushes, then ends the direction: the peer reads the end. Cancellation: safe.
  [[nodiscard]] Shutdown shutdown(How how = How::Write) noexcept;

  /// As their waiting counterparts; Errc::WouldBlock where those would wait.
  virtual Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept = 0;
  virtual Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept = 0;
  virtual Result<void> try_flush() noexcept { return {}; }
  virtual Result<void> try_shutdown(How how) noexcept = 0;

  /// For implementers: begins a wait for one of the waiter's interests; false where it would be over at once.
  virtual bool start_wait(Waiter& waiter) noexcept = 0;
  /// Ends a wait that may be over already.
  virtual void end_wait(Waiter& waiter) noexcept = 0;

 protected:
  Writer() = default;
  Writer(const Writer&) = default;
  Writer& operator=(const Writer&) = default;
};

class [[nodiscard]] Writer::WriteSome final : public detail::Attempts<WriteSome, Writer> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  WriteSome(Writer& writer, std::span<const std::byte> bytes) noexcept
      : Attempts(writer, detail::kWriteInterest, Alone::Yes), bytes_(bytes) {}

  bool attempt() noexcept {
    result_ = source_.try_write(bytes_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<std::size_t> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<const std::byte> bytes_;
  Result<std::size_t> result_;
};

class [[nodiscard]] Writer::WriteVectored final : public detail::Attempts<WriteVectored, Writer> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  WriteVectored(Writer& writer, std::span<const ConstBuffer> buffers) noexcept
      : Attempts(writer, detail::kWriteInterest, Alone::Yes), buffers_(buffers) {}

  bool attempt() noexcept {
    result_ = source_.try_write_vectored(buffers_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<std::size_t> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<const ConstBuffer> buffers_;
  Result<std::size_t> result_;
};

class [[nodiscard]] Writer::WriteAll final : public detail::Attempts<WriteAll, Writer> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;

  WriteAll(Writer& writer, std::span<const std::byte> bytes) noexcept
      : Attempts(writer, detail::kWriteInterest, Alone::Yes), left_(bytes) {}

  bool attempt() noexcept;
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<const std::byte> left_;
  Result<void> result_;
};

class [[nodiscard]] Writer::WriteAllBuffer final : public detail::Attempts<WriteAllBuffer, Writer> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  WriteAllBuffer(Writer& writer, std::span<const std::byte>& bytes) noexcept
      : Attempts(writer, detail::kWriteInterest, Alone::Yes), left_(bytes) {}

  bool attempt() noexcept;
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<const std::byte>& left_;
  Result<void> result_;
};

class [[nodiscard]] Writer::WriteAllVectored final : public detail::Attempts<WriteAllVectored, Writer> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;

  WriteAllVectored(Writer& writer, std::span<ConstBuffer> buffers) noexcept
      : Attempts(writer, detail::kWriteInterest, Alone::Yes), left_(buffers) {}

  bool attempt() noexcept;
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<ConstBuffer> left_;
  Result<void> result_;
};

class [[nodiscard]] Writer::Writable final : public detail::WaitForReadiness<Writable, Writer> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  explicit Writable(Writer& writer) noexcept : WaitForReadiness(writer, detail::kWriteInterest) {}
};

class [[nodiscard]] Writer::Flush final : public detail::Attempts<Flush, Writer> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  explicit Flush(Writer& writer) noexcept : Attempts(writer, detail::kWriteInterest, Alone::Yes) {}

  bool attempt() noexcept {
    result_ = source_.try_flush();
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  Result<void> result_;
};

class [[nodiscard]] Writer::Shutdown final : public detail::Attempts<Shutdown, Writer> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  Shutdown(Writer& writer, How how) noexcept : Attempts(writer, detail::kWriteInterest, Alone::Yes), how_(how) {}

  bool attempt() noexcept {
    result_ = source_.try_flush();
    if (result_) result_ = source_.try_shutdown(how_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  How how_;
  Result<void> result_;
};

inline Writer::WriteSome Writer::write_some(std::span<const std::byte> bytes) noexcept {
  return WriteSome(*this, bytes);
}
inline Writer::WriteVectored Writer::write_vectored(std::span<const ConstBuffer> buffers) noexcept {
  return WriteVectored(*this, buffers);
}
inline Writer::WriteAll Writer::write_all(std::span<const std::byte> bytes) noexcept {
  return WriteAll(*this, bytes);
}
inline Writer::WriteAll Writer::write_all(std::string_view text) noexcept {
  return WriteAll(*this, std::as_bytes(std::span(text)));
}
inline Writer::WriteAllBuffer Writer::write_all_buf(std::span<const std::byte>& bytes) noexcept {
  return WriteAllBuffer(*this, bytes);
}
inline Writer::WriteAllVectored Writer::write_all_vectored(std::span<ConstBuffer> buffers) noexcept {
  return WriteAllVectored(*this, buffers);
}
inline Writer::Writable Writer::writable() noexcept {
  return Writable(*this);
}
inline Writer::Flush Writer::flush() noexcept {
  return Flush(*this);
}
inline Writer::Shutdown Writer::shutdown(How how) noexcept {
  return Shutdown(*this, how);
}

}  // namespace rondeau::io
