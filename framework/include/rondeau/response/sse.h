// Sse<T>: a stream of events, for pages that listen with EventSource.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/base/instant.h>
#include <rondeau/response/into_response.h>
#include <rondeau/response/sse_event.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/select.h>
#include <rondeau/task/stream.h>
#include <rondeau/time/sleep.h>

namespace rondeau::response {

/// What all event streams share: when they say that they are alive, and when they end.
class SseProducer : public http::BodyProducer {
 public:
  /// Before it is sent.
  void prepare(sync::CancellationToken drain, std::optional<Duration> keep_alive) noexcept {
    drain_ = std::move(drain);
    keep_alive_ = keep_alive;
  }

 protected:
  using Encoded = Result<std::string>;

  static Encoded encode(SseEvent event) { return std::move(event).encode(); }
  static Encoded encode(const std::string& text) { return SseEvent().data(text).encode(); }
  template <class T>
  static Encoded encode(const T& value) {
    return SseEvent().json(value).encode();
  }
  /// A comment, which nobody gets to see.
  static Bytes sign_of_life() noexcept;
  /// Asks the client to come again after 1 to 5 s, each after a time of its own: not all at once to those who are left.
  static Bytes farewell();

  sync::CancellationToken drain_;
  std::optional<Duration> keep_alive_;
};

template <class S>
class SsePump final : public SseProducer {
  using Item = task::ItemOf<S>;

 public:
  explicit SsePump(S source) : source_(std::move(source)) {}

  task::Task<Result<void>> produce(http::BodyWriter& out) override {
    for (;;) {
      auto won =
          co_await task::select(drain_.cancelled(), source_.next(),
                                task::when(keep_alive_.has_value(), time::sleep_for(keep_alive_.value_or(Duration()))))
              .biased();
      if (won.index() == 0) co_return co_await out.write(farewell());
      if (won.index() == 2) {
        RONDEAU_TRY_VOID(co_await out.write(sign_of_life()));
        continue;
      }
      std::optional<Item> item = std::move(won).template get<1>();
      if (!item) co_return Result<void>();
      if constexpr (base::is_result<Item>) {
        if (!*item) co_return end_by(std::move(*item).error());
        RONDEAU_TRY(std::string event, encode(**std::move(item)));
        RONDEAU_TRY_VOID(co_await out.write(Bytes(std::move(event))));
      } else {
        RONDEAU_TRY(std::string event, encode(*std::move(item)));
        RONDEAU_TRY_VOID(co_await out.write(Bytes(std::move(event))));
      }
    }
  }

 private:
  /// Who missed events is better off coming again: then it says which one it had last.
  template <class E>
  static Result<void> end_by(E error) {
    if constexpr (std::same_as<E, sync::Lagged>) {
      return {};
    } else {
      return error;
    }
  }

  S source_;
};

/// What an item brings: itself, or what it holds where it may be an error.
template <class Item>
struct EventIn {
  using type = Item;
};
template <class T, class E>
struct EventIn<base::Result<T, E>> {
  using type = T;
};

/// Events as they come from a channel's receiver or a generator: SseEvents, texts, or values that become JSON.
///
///     Sse<Price> prices(State<App> app) { return Sse(app->prices.subscribe()); }
///
/// Ends with its source. An item that is an error cuts the connection, as does an event that cannot be sent; where a
/// broadcast receiver lagged, the stream ends, and the client comes again and says by Last-Event-ID what it had last.
/// While nothing comes a comment is sent every 15 s. When the server drains, the stream ends after the event in hand,
/// and the client is told to come again after 1 to 5 s.
template <class T>
class Sse {
 public:
  template <class S>
    requires task::Stream<S> && std::same_as<typename EventIn<task::ItemOf<S>>::type, typename EventIn<T>::type>
  explicit Sse(S source) : producer_(std::make_unique<SsePump<S>>(std::move(source))) {}

  /// Another time between signs of life; nullopt or 0: none.
  Sse&& keep_alive(std::optional<Duration> time) && {
    keep_alive_ = time.value_or(Duration()) > Duration() ? time : std::nullopt;
    return std::move(*this);
  }
  http::Response into_response(const http::Request& request) &&;

 private:
  std::unique_ptr<SseProducer> producer_;
  std::optional<Duration> keep_alive_ = std::chrono::seconds(15);
};
template <class S>
Sse(S) -> Sse<typename EventIn<task::ItemOf<S>>::type>;

/// text/event-stream that no cache keeps and no proxy holds back.
http::Response sse_response(std::unique_ptr<SseProducer> producer);

template <class T>
http::Response Sse<T>::into_response(const http::Request& request) && {
  producer_->prepare(request.drain_token(), keep_alive_);
  return sse_response(std::move(producer_));
}

}  // namespace rondeau::response

namespace rondeau {

using response::Sse;

template <class T>
struct IntoResponse<Sse<T>> {
  static http::Response into(Sse<T> events, const http::Request& request) {
    return std::move(events).into_response(request);
  }
  static void describe(schema::Operation& operation) {
    using Event = typename response::EventIn<T>::type;
    if constexpr (std::same_as<Event, response::SseEvent>) {
      // Of its data nothing is known but what RouteHandle::streams() says.
      operation.response(http::StatusCode::Ok, "text/event-stream");
    } else if constexpr (reflect::is_described<Event>) {
      operation.response(http::StatusCode::Ok, "text/event-stream", reflect::describe<Event>());
    } else {
      operation.response(http::StatusCode::Ok, "text/event-stream", schema::Form::text());
    }
  }
};

}  // namespace rondeau
