// copy, copy_buf, copy_bidirectional: from sources to sinks, until the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <tuple>
#include <utility>

#include <rondeau/io/concepts.h>
#include <rondeau/io/read.h>
#include <rondeau/io/read_ahead.h>
#include <rondeau/task/join.h>
#include <rondeau/task/task.h>

namespace rondeau::io {

/// Copies all that the reader gives and flushes; returns how many bytes that were.
///
/// Where the reader has nothing for now, the writer is flushed meanwhile. Errors: what reader and writer report,
/// WriteZero. Cancellation: loses what was read and not yet written, at most `buffer_size` bytes; some of it may have
/// been written. Lifetime: both are borrowed.
template <AsyncRead R, AsyncWrite W>
Task<Result<std::uint64_t>> copy(R& reader, W& writer, std::size_t buffer_size = kBufferSize);

/// As copy, out of the reader's own buffer. Cancellation: loses nothing but the count.
template <AsyncBufRead R, AsyncWrite W>
Task<Result<std::uint64_t>> copy_buf(R& reader, W& writer);

/// The buffers of copy_bidirectional.
struct CopySizes {
  std::size_t a_to_b = kBufferSize;
  std::size_t b_to_a = kBufferSize;
};

/// How many bytes went which way.
struct CopiedBytes {
  std::uint64_t a_to_b = 0;
  std::uint64_t b_to_a = 0;
  friend bool operator==(const CopiedBytes&, const CopiedBytes&) = default;
};

/// Copies both ways until both sides have ended. The end of one is passed on by shutting down writing to the other.
///
/// Errors: the first in time; neither side is shut down for it. Cancellation, lifetime: as copy.
template <AsyncReadWrite A, AsyncReadWrite B>
Task<Result<CopiedBytes>> copy_bidirectional(A& a, B& b, CopySizes sizes = {});

// Below: how.

namespace copying {

template <class Start>
using StartedBy = typename AwaitedOf<std::remove_cvref_t<std::invoke_result_t<Start&>>>::type;

template <class Start>
Task<StartedBy<Start>> noting_the_end(Start& start, bool& ended) {
  auto result = co_await start();
  ended = true;
  co_return result;
}
template <class W>
Task<Result<void>> flush_unless(const bool& ended, W& writer) {
  if (ended) co_return {};
  co_return co_await writer.flush();
}

/// Awaits what `start` begins, and flushes where that has to wait.
template <class Start, class W>
Task<StartedBy<Start>> flushing_meanwhile(Start start, W& writer) {
  bool ended = false;
  // The read starts first, so the flush knows whether it had to wait.
  auto [result, flushed] = co_await task::join(noting_the_end(start, ended), flush_unless(ended, writer));
  if (!flushed) co_return std::move(flushed).error();
  co_return std::move(result);
}

/// `attempt` is the same without waiting; it gives Errc::WouldBlock where that is not known either.
template <class Attempt, class Start, class W>
Task<StartedBy<Start>> next(Attempt attempt, Start start, W& writer, bool unflushed) {
  if (!unflushed) co_return co_await start();
  if (auto result = attempt(); result || result.error() != Errc::WouldBlock) co_return result;
  co_return co_await flushing_meanwhile(start, writer);
}

template <AsyncRead R, AsyncWrite W>
Task<Result<std::uint64_t>> copy_and_shutdown(R& reader, W& writer, std::size_t buffer_size) {
  RONDEAU_TRY(const std::uint64_t total, co_await copy(reader, writer, buffer_size));
  RONDEAU_TRY_VOID(co_await writer.shutdown());
  co_return total;
}

}  // namespace copying

template <AsyncRead R, AsyncWrite W>
Task<Result<std::uint64_t>> copy(R& reader, W& writer, std::size_t buffer_size) {
  if (buffer_size == 0) base::fail("copy needs a buffer; leave its size out for 8 KiB");
  const auto memory = std::make_unique_for_overwrite<std::byte[]>(buffer_size);
  const std::span buffer(memory.get(), buffer_size);
  const auto read = [&] { return reader.read_some(buffer); };
  const auto try_read = [&]() -> Result<std::size_t> {
    if constexpr (requires { reader.try_read(buffer); }) return reader.try_read(buffer);
    return Errc::WouldBlock;
  };
  std::uint64_t total = 0;
  for (;;) {
    RONDEAU_TRY(const std::size_t count, co_await copying::next(try_read, read, writer, total > 0));
    if (count == 0) break;
    RONDEAU_TRY_VOID(co_await write_all(writer, buffer.first(count)));
    total += count;
  }
  RONDEAU_TRY_VOID(co_await writer.flush());
  co_return total;
}

template <AsyncBufRead R, AsyncWrite W>
Task<Result<std::uint64_t>> copy_buf(R& reader, W& writer) {
  const auto fill = [&] { return reader.fill_buf(); };
  const auto try_fill = [&]() -> Result<std::span<const std::byte>> {
    if constexpr (requires { reader.try_fill_buf(); }) return reader.try_fill_buf();
    return Errc::WouldBlock;
  };
  std::uint64_t total = 0;
  for (;;) {
    RONDEAU_TRY(const auto there, co_await copying::next(try_fill, fill, writer, total > 0));
    if (there.empty()) break;
    RONDEAU_TRY(const std::size_t count, co_await writer.write_some(there));
    if (count == 0) co_return Errc::WriteZero;
    reader.consume(count);
    total += count;
  }
  RONDEAU_TRY_VOID(co_await writer.flush());
  co_return total;
}

template <AsyncReadWrite A, AsyncReadWrite B>
Task<Result<CopiedBytes>> copy_bidirectional(A& a, B& b, CopySizes sizes) {
  RONDEAU_TRY(const auto both, co_await task::try_join(copying::copy_and_shutdown(a, b, sizes.a_to_b),
                                                       copying::copy_and_shutdown(b, a, sizes.b_to_a)));
  co_return CopiedBytes{std::get<0>(both), std::get<1>(both)};
}

}  // namespace rondeau::io
