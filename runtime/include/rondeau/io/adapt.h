// chain, take, inspect: readers made of readers. An lvalue is borrowed, an rvalue owned. As with every reader that
// keeps something of its own, readable() is for the task that reads; peer_closed() is for any.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/io/concepts.h>
#include <rondeau/io/kept.h>
#include <rondeau/io/stream.h>
#include <rondeau/task/task.h>

namespace rondeau::io {

template <class R>
concept KeptReader = std::derived_from<Kept<R>, Reader>;
template <class W>
concept KeptWriter = std::derived_from<Kept<W>, Writer>;

/// Reads the first to its end, then the second, whose peer is the one that peer_closed() waits for.
template <KeptReader First, KeptReader Second>
class Chain final : public Reader {
 public:
  Chain(First first, Second second) : first_(std::forward<First>(first)), second_(std::forward<Second>(second)) {}

  Task<Result<std::span<const std::byte>>> fill_buf()
    requires(AsyncBufRead<Kept<First>> && AsyncBufRead<Kept<Second>>)
  {
    if (!first_ended_) {
      RONDEAU_TRY(const std::span<const std::byte> there, co_await kept(first_).fill_buf());
      if (!there.empty()) co_return there;
      first_ended_ = true;
    }
    co_return co_await kept(second_).fill_buf();
  }
  void consume(std::size_t count) noexcept
    requires(AsyncBufRead<Kept<First>> && AsyncBufRead<Kept<Second>>)
  {
    first_ended_ ? kept(second_).consume(count) : kept(first_).consume(count);
  }

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override {
    if (out.empty()) return std::size_t{0};
    if (!first_ended_) {
      auto count = kept(first_).try_read(out);
      if (!count || *count > 0) return count;
      first_ended_ = true;
    }
    return kept(second_).try_read(out);
  }
  bool start_wait(Waiter& waiter) noexcept override { return waits_at(waiter).start_wait(waiter); }
  void end_wait(Waiter& waiter) noexcept override { waits_at(waiter).end_wait(waiter); }

 private:
  /// The same at the end of a wait as at its beginning: nobody waits to read where a read has just met the end.
  Reader& waits_at(const Waiter& waiter) noexcept {
    if (first_ended_ || (waiter.interest & base::PollEvent::Readable) == 0) return kept(second_);
    return kept(first_);
  }

  First first_;
  Second second_;
  bool first_ended_ = false;
};

template <KeptReader First, KeptReader Second>
Chain<First, Second> chain(First&& first, Second&& second) {
  return {std::forward<First>(first), std::forward<Second>(second)};
}

/// Ends after `limit` bytes, and reads none behind them.
template <KeptReader R>
class Take final : public Reader {
 public:
  Take(R reader, std::uint64_t limit) : reader_(std::forward<R>(reader)), left_(limit) {}

  /// How many bytes may still come.
  std::uint64_t limit() const noexcept { return left_; }
  void set_limit(std::uint64_t limit) noexcept { left_ = limit; }
  auto& inner() noexcept { return kept(reader_); }
  R release() && noexcept { return std::forward<R>(reader_); }

  Task<Result<std::span<const std::byte>>> fill_buf()
    requires AsyncBufRead<Kept<R>>
  {
    if (left_ == 0) co_return std::span<const std::byte>();
    RONDEAU_TRY(const std::span<const std::byte> there, co_await inner().fill_buf());
    co_return there.first(within_limit(there.size()));
  }
  void consume(std::size_t count) noexcept
    requires AsyncBufRead<Kept<R>>
  {
    if (count > left_) base::fail("consume() of more bytes than fill_buf() gave");
    inner().consume(count);
    left_ -= count;
  }

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override {
    if (left_ == 0) return std::size_t{0};
    auto count = inner().try_read(out.first(within_limit(out.size())));
    if (count) left_ -= *count;
    return count;
  }
  bool start_wait(Waiter& waiter) noexcept override { return inner().start_wait(waiter); }
  void end_wait(Waiter& waiter) noexcept override { inner().end_wait(waiter); }

 private:
  std::size_t within_limit(std::size_t count) const noexcept {
    return static_cast<std::size_t>(std::min<std::uint64_t>(count, left_));
  }

  R reader_;
  std::uint64_t left_;
};

template <KeptReader R>
Take<R> take(R&& reader, std::uint64_t limit) {
  return {std::forward<R>(reader), limit};
}

/// Shows a callable what was read.
template <KeptReader R, std::invocable<std::span<const std::byte>> F>
class InspectReader final : public Reader {
 public:
  InspectReader(R reader, F look) : reader_(std::forward<R>(reader)), look_(std::move(look)) {}
  auto& inner() noexcept { return kept(reader_); }
  R release() && noexcept { return std::forward<R>(reader_); }

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override {
    auto count = inner().try_read(out);
    if (count && *count > 0) std::invoke(look_, std::span<const std::byte>(out.first(*count)));
    return count;
  }
  bool start_wait(Waiter& waiter) noexcept override { return inner().start_wait(waiter); }
  void end_wait(Waiter& waiter) noexcept override { inner().end_wait(waiter); }

 private:
  R reader_;
  F look_;
};

/// Shows a callable what was written.
template <KeptWriter W, std::invocable<std::span<const std::byte>> F>
class InspectWriter final : public Writer {
 public:
  InspectWriter(W writer, F look) : writer_(std::forward<W>(writer)), look_(std::move(look)) {}
  auto& inner() noexcept { return kept(writer_); }
  W release() && noexcept { return std::forward<W>(writer_); }

  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override {
    auto count = inner().try_write(bytes);
    if (count && *count > 0) std::invoke(look_, bytes.first(*count));
    return count;
  }
  Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept override {
    auto count = inner().try_write_vectored(buffers);
    std::size_t left = count ? *count : 0;
    for (std::size_t i = 0; left > 0; ++i) {
      const std::span<const std::byte> part = buffers[i].span().first(std::min(left, buffers[i].size()));
      if (!part.empty()) std::invoke(look_, part);
      left -= part.size();
    }
    return count;
  }
  void forget_write() noexcept override { inner().forget_write(); }
  Result<void> try_flush() noexcept override { return inner().try_flush(); }
  Result<void> try_shutdown(How how) noexcept override { return inner().try_shutdown(how); }
  bool start_wait(Waiter& waiter) noexcept override { return inner().start_wait(waiter); }
  void end_wait(Waiter& waiter) noexcept override { inner().end_wait(waiter); }

 private:
  W writer_;
  F look_;
};

/// Calls `look(span)` with what was read, before the reader's user sees it. It must not throw.
template <KeptReader R, class F>
auto inspect(R&& reader, F look) {
  return InspectReader<R, F>(std::forward<R>(reader), std::move(look));
}
/// Calls `look(span)` with what was written, once it was. It must not throw.
template <KeptWriter W, class F>
auto inspect_writer(W&& writer, F look) {
  return InspectWriter<W, F>(std::forward<W>(writer), std::move(look));
}

}  // namespace rondeau::io
