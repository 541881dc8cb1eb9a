// Writer: where bytes go. A base class as Reader is: one virtual call an operation, no frame, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

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
  template <class Derived>
  class Writing;
  // By what is lost where the await is destroyed: nothing, unless the sink says otherwise.
  template <CancelSafety>
  class SomeWrite;
  template <CancelSafety>
  class VectoredWrite;
  template <CancelSafety>
  class BufferWrite;
  template <CancelSafety>
  class DrainingWrite;
  using WriteSome = SomeWrite<CancelSafety::Safe>;
  using WriteVectored = VectoredWrite<CancelSafety::Safe>;
  using WriteAllBuffer = BufferWrite<CancelSafety::Safe>;
  using WriteAllOf = DrainingWrite<CancelSafety::Safe>;
  class WriteAll;
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
  /// As write_all, and drops from the front what was written. Cancellation: safe, `bytes` or `buffer` says what is
  /// left.
  [[nodiscard]] WriteAllBuffer write_all_buf(std::span<const std::byte>& bytes) noexcept;
  [[nodiscard]] WriteAllOf write_all_buf(Buffer& buffer) noexcept;
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
  /// For implementers who begin to write in a try_write that gives Errc::WouldBlock, and tell the outcome in a later
  /// one: nobody waits for that outcome any more.
  virtual void forget_write() noexcept {}
  virtual Result<void> try_shutdown(How how) noexcept = 0;

  /// For implementers: begins a wait for one of the waiter's interests; false where it would be over at once.
  virtual bool start_wait(Waiter& waiter) noexcept = 0;
  /// Ends a wait that may be over already.
  virtual void end_wait(Waiter& waiter) noexcept = 0;
  /// For dumps: the descriptor behind it, or -1.
  virtual int described_descriptor() const noexcept { return -1; }

 protected:
  Writer() = default;
  Writer(const Writer&) = default;
  Writer& operator=(const Writer&) = default;
};

/// What all writes have in common. Derived has `bool write() noexcept`, which is its attempt.
template <class Derived>
class Writer::Writing : public detail::Attempts<Derived, Writer> {
 public:
  bool attempt() noexcept {
    under_way_ = !static_cast<Derived&>(*this).write();
    return !under_way_;
  }
  void disarm() noexcept {
    detail::Attempts<Derived, Writer>::disarm();
    if (std::exchange(under_way_, false)) this->source_.forget_write();
  }
  void pause_wait() noexcept { detail::Attempts<Derived, Writer>::disarm(); }

 protected:
  explicit Writing(Writer& writer) noexcept
      : detail::Attempts<Derived, Writer>(writer, detail::kWriteInterest,
                                          detail::Attempts<Derived, Writer>::Alone::Yes) {}
  ~Writing() { disarm(); }

 private:
  bool under_way_ = false;  ///< the sink may work on it
};

template <CancelSafety Safety>
class [[nodiscard]] Writer::SomeWrite final : public Writer::Writing<SomeWrite<Safety>> {
 public:
  static constexpr CancelSafety cancel_safety = Safety;

  SomeWrite(Writer& writer, std::span<const std::byte> bytes) noexcept
      : Writer::Writing<SomeWrite>(writer), bytes_(bytes) {}

  bool write() noexcept {
    result_ = this->source_.try_write(bytes_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<std::size_t> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<const std::byte> bytes_;
  Result<std::size_t> result_;
};

template <CancelSafety Safety>
class [[nodiscard]] Writer::VectoredWrite final : public Writer::Writing<VectoredWrite<Safety>> {
 public:
  static constexpr CancelSafety cancel_safety = Safety;

  VectoredWrite(Writer& writer, std::span<const ConstBuffer> buffers) noexcept
      : Writer::Writing<VectoredWrite>(writer), buffers_(buffers) {}

  bool write() noexcept {
    result_ = this->source_.try_write_vectored(buffers_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<std::size_t> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<const ConstBuffer> buffers_;
  Result<std::size_t> result_;
};

/// An attempt to write all: true when nothing is left, or it failed; false where the sink would wait.
bool write_what_is_left(Writer& writer, std::span<const std::byte>& left, Result<void>& result) noexcept;

class [[nodiscard]] Writer::WriteAll final : public Writer::Writing<WriteAll> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;

  WriteAll(Writer& writer, std::span<const std::byte> bytes) noexcept : Writing(writer), left_(bytes) {}

  bool write() noexcept { return write_what_is_left(source_, left_, result_); }
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<const std::byte> left_;
  Result<void> result_;
};

template <CancelSafety Safety>
class [[nodiscard]] Writer::BufferWrite final : public Writer::Writing<BufferWrite<Safety>> {
 public:
  static constexpr CancelSafety cancel_safety = Safety;

  BufferWrite(Writer& writer, std::span<const std::byte>& bytes) noexcept
      : Writer::Writing<BufferWrite>(writer), left_(bytes) {}

  bool write() noexcept { return write_what_is_left(this->source_, left_, result_); }
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  std::span<const std::byte>& left_;
  Result<void> result_;
};

/// As BufferWrite, for the bytes in a Buffer.
template <CancelSafety Safety>
class [[nodiscard]] Writer::DrainingWrite final : public Writer::Writing<DrainingWrite<Safety>> {
 public:
  static constexpr CancelSafety cancel_safety = Safety;

  DrainingWrite(Writer& writer, Buffer& buffer) noexcept : Writer::Writing<DrainingWrite>(writer), buffer_(buffer) {}

  bool write() noexcept {
    std::span<const std::byte> left = buffer_.bytes();
    const bool done = write_what_is_left(this->source_, left, result_);
    buffer_.consume(buffer_.size() - left.size());
    return done;
  }
  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  Buffer& buffer_;
  Result<void> result_;
};

class [[nodiscard]] Writer::WriteAllVectored final : public Writer::Writing<WriteAllVectored> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;

  WriteAllVectored(Writer& writer, std::span<ConstBuffer> buffers) noexcept : Writing(writer), left_(buffers) {}

  bool write() noexcept;
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
inline Writer::WriteAllOf Writer::write_all_buf(Buffer& buffer) noexcept {
  return WriteAllOf(*this, buffer);
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
