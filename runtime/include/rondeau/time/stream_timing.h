// Adaptors of streams that look at the clock; the others are in task/stream_adaptors.h, which says what holds for all.
#pragma once

#include <cstddef>
#include <optional>
#include <source_location>
#include <utility>
#include <vector>

#include <rondeau/detail/next_of.h>
#include <rondeau/base/assert.h>
#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/select.h>
#include <rondeau/task/stream_adaptors.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

namespace rondeau::detail {

template <class S>
AsyncGenerator<base::Result<ItemOf<S>, time::Elapsed>> timed(S stream, base::Duration span) {
  for (bool told = false;;) {
    std::optional<ItemOf<S>> item;
    if (told) {
      item = co_await stream.next();
    } else {
      auto in_time = co_await time::timeout(span, stream.next());
      if (!in_time) {
        told = true;
        co_yield base::Unexpected{time::Elapsed()};
        continue;
      }
      item = *std::move(in_time);
    }
    if (!item) break;
    told = false;
    co_yield *std::move(item);
  }
}
template <class S>
AsyncGenerator<base::Result<ItemOf<S>, time::Elapsed>> timed_repeatedly(S stream, time::Interval interval) {
  for (interval.reset();;) {
    auto won = co_await task::select(detail::next_of(stream), interval.tick()).biased();
    if (won.template is<1>()) {
      co_yield base::Unexpected{time::Elapsed()};
      continue;
    }
    std::optional<ItemOf<S>> item = std::move(won).template get<0>();
    if (!item) break;
    co_yield *std::move(item);
    interval.reset();
  }
}
template <class S>
AsyncGenerator<ItemOf<S>> throttled(S stream, base::Duration span) {
  while (auto item = co_await stream.next()) {
    const base::Instant next = base::Instant::now() + span;
    co_yield *std::move(item);
    co_await time::sleep_until(next);
  }
}
template <class S>
AsyncGenerator<std::vector<ItemOf<S>>> in_timed_chunks(S stream, std::size_t size, base::Duration span) {
  for (bool more = true; more;) {
    std::vector<ItemOf<S>> chunk;
    base::Instant due;
    while (more && chunk.size() < size) {
      std::optional<ItemOf<S>> item;
      if (chunk.empty()) {
        item = co_await stream.next();
        due = base::Instant::now() + span;
      } else {
        auto in_time = co_await time::timeout_at(due, stream.next());
        if (!in_time) break;
        item = *std::move(in_time);
      }
      more = item.has_value();
      if (more) chunk.push_back(*std::move(item));
    }
    if (!chunk.empty()) co_yield std::move(chunk);
  }
}

}  // namespace rondeau::detail

namespace rondeau::time {

/// Items as Results, and one error Elapsed where none came for `span` since it was asked for; then it waits on.
inline auto timeout(base::Duration span) {
  return task::Adaptor{[span]<class S>(S&& stream) { return detail::timed<S>(std::forward<S>(stream), span); }};
}
/// The same with an error at each tick of the interval, which begins anew with each item.
inline auto timeout_repeating(Interval interval) {
  return task::Adaptor{[interval]<class S>(S&& stream) {
    return detail::timed_repeatedly<S>(std::forward<S>(stream), interval);
  }};
}
/// At most one item every `span`: the next one is not asked for before that.
inline auto throttle(base::Duration span) {
  return task::Adaptor{[span]<class S>(S&& stream) { return detail::throttled<S>(std::forward<S>(stream), span); }};
}
/// Vectors of `size` items (not 0), or of those that came within `span` of the vector's first one. Never empty.
inline auto chunks_timeout(std::size_t size, base::Duration span,
                           std::source_location where = std::source_location::current()) {
  if (size == 0) base::fail("chunks_timeout() of no items; a chunk has at least one", where);
  return task::Adaptor{[size, span]<class S>(S&& stream) {
    return detail::in_timed_chunks<S>(std::forward<S>(stream), size, span);
  }};
}

}  // namespace rondeau::time

namespace rondeau {
using time::timeout;
}
