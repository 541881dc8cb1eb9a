// BufReader: reads in large pieces, gives out small ones.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <rondeau/io/concepts.h>
#include <rondeau/io/kept.h>
#include <rondeau/io/read_ahead.h>
#include <rondeau/io/reader.h>
#include <rondeau/task/task.h>

namespace rondeau::io {

/// What the two kinds of BufReader share.
template <class R>
class BufReaderBase {
 public:
  /// What was read ahead and not yet consumed.
  std::span<const std::byte> buffered() const noexcept { return ahead_.bytes(); }
  std::size_t capacity() const noexcept { return ahead_.capacity(); }
  /// Takes `count` of the bytes that fill_buf() gave.
  void consume(std::size_t count) noexcept { ahead_.consume(count); }

  /// Reading from it directly leaves out what is buffered.
  auto& inner() noexcept { return kept(source_); }
  /// Gives the source back; what is buffered is lost.
  R release() && noexcept { return std::forward<R>(source_); }

  /// Moves to another place and drops what is buffered. Errors: what the source reports. Cancellation: the place may
  /// have changed, the buffer is dropped.
  Task<Result<std::uint64_t>> seek(SeekFrom from)
    requires AsyncSeek<Kept<R>>
  {
    if (from.base() == SeekFrom::Base::Current) {
      // The source is ahead of us by what is buffered.
      std::int64_t offset = 0;
      if (__builtin_sub_overflow(from.offset(), buffered().size(), &offset)) co_return Errc::InvalidArgument;
      from = SeekFrom::current(offset);
    }
    ahead_.clear();
    co_return co_await inner().seek(from);
  }
  /// Where the next byte comes from. Keeps what is buffered. Cancellation: safe.
  Task<Result<std::uint64_t>> position()
    requires AsyncSeek<Kept<R>>
  {
    RONDEAU_TRY(const std::uint64_t ahead, co_await inner().seek(SeekFrom::current(0)));
    co_return ahead - buffered().size();
  }

 protected:
  BufReaderBase(R source, std::size_t capacity) : source_(std::forward<R>(source)), ahead_(capacity) {}

  R source_;
  ReadAhead ahead_;
};

/// Puts a buffer in front of a source: `BufReader lines(stream)` borrows it, `BufReader(std::move(stream))` owns it.
///
/// A read of the buffer's size or more goes past the buffer where that is empty. Thread safety, lifetime: as the
/// source.
template <class R>
class BufReader;

template <class R>
BufReader(R&&) -> BufReader<R>;
template <class R>
BufReader(R&&, std::size_t) -> BufReader<R>;

/// Over a Reader: one itself.
template <class R>
  requires std::derived_from<Kept<R>, Reader>
class BufReader<R> final : public Reader, public BufReaderBase<R> {
  using Base = BufReaderBase<R>;

 public:
  explicit BufReader(R source, std::size_t capacity = kBufferSize) : Base(std::forward<R>(source), capacity) {}

  /// Gives what is buffered; where that is nothing, reads. Empty is the end. Cancellation: safe.
  [[nodiscard]] ReadAhead::Fill fill_buf() noexcept { return ReadAhead::Fill(this->ahead_, this->inner()); }
  Result<std::span<const std::byte>> try_fill_buf() noexcept { return this->ahead_.try_fill(this->inner()); }
  /// Fills the whole span. Errors: UnexpectedEof where the source ends before; what there was stays buffered.
  ///
  /// More than the buffer's size is gathered in memory of its own first. Cancellation: safe, what came stays buffered.
  [[nodiscard]] ReadAhead::Exact read_exact(std::span<std::byte> out) {
    return ReadAhead::Exact(this->ahead_, this->inner(), out);
  }

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override {
    return this->ahead_.try_read(this->inner(), out);
  }
  bool start_wait(Waiter& waiter) noexcept override {
    // Operations wait for more than what is buffered; others want to know whether there is anything.
    if (!waiter.exclusive && (waiter.interest & base::PollEvent::Readable) != 0 && !this->ahead_.empty()) return false;
    return this->inner().start_wait(waiter);
  }
  void end_wait(Waiter& waiter) noexcept override { this->inner().end_wait(waiter); }
};

/// Over another source: each operation is a Task. Cancellation: safe where the source's read_some is.
template <class R>
  requires(AsyncRead<Kept<R>> && !std::derived_from<Kept<R>, Reader>)
class BufReader<R> final : public BufReaderBase<R> {
  using Base = BufReaderBase<R>;

 public:
  explicit BufReader(R source, std::size_t capacity = kBufferSize) : Base(std::forward<R>(source), capacity) {}

  Task<Result<std::span<const std::byte>>> fill_buf() {
    if (ahead().empty()) {
      RONDEAU_TRY(const std::size_t count, co_await this->inner().read_some(ahead().space()));
      ahead().commit(count);
    }
    co_return ahead().bytes();
  }
  Task<Result<std::size_t>> read_some(std::span<std::byte> out) {
    if (ahead().is_bypassed_by(out.size())) co_return co_await this->inner().read_some(out);
    if (ahead().empty() && !out.empty()) {
      RONDEAU_TRY(const std::size_t count, co_await this->inner().read_some(ahead().space()));
      ahead().commit(count);
    }
    co_return ahead().take(out);
  }
  Task<Result<void>> read_exact(std::span<std::byte> out) {
    ahead().reserve(out.size());
    while (ahead().bytes().size() < out.size()) {
      RONDEAU_TRY(const std::size_t count, co_await this->inner().read_some(ahead().space()));
      if (count == 0) co_return Errc::UnexpectedEof;
      ahead().commit(count);
    }
    ahead().take(out);
    co_return {};
  }

 private:
  ReadAhead& ahead() noexcept { return this->ahead_; }
};

}  // namespace rondeau::io
