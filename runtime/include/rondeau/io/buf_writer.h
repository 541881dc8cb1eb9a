// BufWriter: takes small pieces, writes large ones.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <rondeau/io/concepts.h>
#include <rondeau/io/kept.h>
#include <rondeau/io/read_ahead.h>
#include <rondeau/io/write_behind.h>
#include <rondeau/io/writer.h>
#include <rondeau/task/task.h>

namespace rondeau::io {

/// What the two kinds of BufWriter share.
template <class W>
class BufWriterBase {
 public:
  /// What the sink has not got yet.
  std::span<const std::byte> buffered() const noexcept { return behind_.bytes(); }
  std::size_t capacity() const noexcept { return behind_.capacity(); }
  /// Writing to it directly overtakes what is buffered.
  auto& inner() noexcept { return kept(sink_); }
  /// Gives the sink back; what is buffered is lost.
  W release() && noexcept {
    if constexpr (std::derived_from<Kept<W>, Writer>) behind_.let_go(inner());
    behind_.forget();
    return std::forward<W>(sink_);
  }

 protected:
  BufWriterBase(W sink, std::size_t capacity) : sink_(std::forward<W>(sink)), behind_(capacity) {}

  W sink_;
  WriteBehind behind_;
};

/// Puts a buffer in front of a sink: `BufWriter out(stream)` borrows it, `BufWriter(std::move(stream))` owns it.
///
/// A write of the buffer's size or more goes past the buffer where that is empty. What is buffered reaches the sink
/// when the buffer is full and with flush() and shutdown(); destroying it loses that, which debug builds say. Thread
/// safety, lifetime: as the sink.
template <class W>
class BufWriter;

template <class W>
BufWriter(W&&) -> BufWriter<W>;
template <class W>
BufWriter(W&&, std::size_t) -> BufWriter<W>;

/// Over a Writer: one itself.
template <class W>
  requires std::derived_from<Kept<W>, Writer>
class BufWriter<W> final : public Writer, public BufWriterBase<W> {
  using Base = BufWriterBase<W>;

 public:
  explicit BufWriter(W sink, std::size_t capacity = kBufferSize) : Base(std::forward<W>(sink), capacity) {}
  BufWriter(BufWriter&&) noexcept = default;
  BufWriter& operator=(BufWriter&&) noexcept = default;
  ~BufWriter() override {
    if (this->behind_.is_under_way()) this->behind_.let_go(this->inner());
  }

  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override {
    return this->behind_.try_write(this->inner(), bytes);
  }
  Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept override {
    return this->behind_.try_write_vectored(this->inner(), buffers);
  }
  void forget_write() noexcept override { this->behind_.forget_write(this->inner()); }
  Result<void> try_flush() noexcept override { return this->behind_.try_flush(this->inner()); }
  Result<void> try_shutdown(How how) noexcept override { return this->behind_.try_shutdown(this->inner(), how); }
  bool start_wait(Waiter& waiter) noexcept override {
    // Operations wait for the sink; others want to know whether there is room.
    if (!waiter.exclusive && (waiter.interest & base::PollEvent::Writable) != 0 && this->behind_.room() > 0)
      return false;
    return this->inner().start_wait(waiter);
  }
  void end_wait(Waiter& waiter) noexcept override { this->inner().end_wait(waiter); }
};

/// Over another sink: each operation is a Task. Cancellation: safe where the sink's is, but for write_all, of which an
/// unknown part was written.
template <class W>
  requires(AsyncWrite<Kept<W>> && !std::derived_from<Kept<W>, Writer>)
class BufWriter<W> final : public BufWriterBase<W> {
  using Base = BufWriterBase<W>;

 public:
  explicit BufWriter(W sink, std::size_t capacity = kBufferSize) : Base(std::forward<W>(sink), capacity) {}

  Task<Result<std::size_t>> write_some(std::span<const std::byte> bytes) {
    if (bytes.size() > behind().room()) RONDEAU_TRY_VOID(co_await push());
    if (bytes.size() >= behind().capacity()) co_return co_await this->inner().write_some(bytes);
    co_return behind().put(bytes);
  }
  Task<Result<void>> write_all(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      RONDEAU_TRY(const std::size_t count, co_await write_some(bytes));
      if (count == 0) co_return Errc::WriteZero;
      bytes = bytes.subspan(count);
    }
    co_return {};
  }
  Task<Result<void>> write_all(std::string_view text) { return write_all(std::as_bytes(std::span(text))); }
  Task<Result<void>> flush() {
    RONDEAU_TRY_VOID(co_await push());
    co_return co_await this->inner().flush();
  }
  Task<Result<void>> shutdown() {
    RONDEAU_TRY_VOID(co_await flush());
    co_return co_await this->inner().shutdown();
  }

 private:
  WriteBehind& behind() noexcept { return this->behind_; }
  Task<Result<void>> push() {
    while (!behind().bytes().empty()) {
      RONDEAU_TRY_VOID(behind().handed_on(co_await this->inner().write_some(behind().bytes())));
    }
    co_return {};
  }
};

}  // namespace rondeau::io
