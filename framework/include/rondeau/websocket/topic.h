// Topic: a message for everybody who wants it. One that does not read cannot hold up the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/json/json.h>
#include <rondeau/websocket/websocket.h>

namespace rondeau::websocket {

/// What becomes of who has WebSocketLimits::max_unsent bytes and more unsent when something is published.
enum class SlowReader : std::uint8_t {
  Dropped,  ///< closed with 1013, so that it comes back and begins anew
  Skipped,  ///< misses this message
};

/// The subscribers of a topic, whatever its messages are.
class Audience;

/// As long as it lives, a WebSocket gets what is published. It keeps the WebSocket open, as a half does.
class Subscription {
 public:
  Subscription(std::shared_ptr<Audience> audience, std::uint64_t id) noexcept
      : audience_(std::move(audience)), id_(id) {}
  Subscription(Subscription&& other) noexcept = default;
  Subscription& operator=(Subscription&& other) noexcept {
    std::swap(audience_, other.audience_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~Subscription();

 private:
  std::shared_ptr<Audience> audience_;  // null once moved from
  std::uint64_t id_;
};

// What Topic does, without the type of its messages.
std::shared_ptr<Audience> make_audience(SlowReader slow);
Subscription subscribe_to(const std::shared_ptr<Audience>& audience, const WriterHandle& writer);
std::size_t publish_to(Audience& audience, const Message& message);
std::size_t size_of(const Audience& audience);

/// Publishes to many. A member of the application's state, for example.
///
///     Task<void> feed(State<App> app, WebSocket<Quote> socket) {
///       auto writer = std::move(socket).split().second;  // nobody receives here
///       auto subscription = app->quotes.subscribe(writer);
///       co_await writer.closed();
///     }
///
/// Thread safety: any thread. Lifetime: subscriptions may outlive it; they get nothing then.
template <class T = Message>
class Topic {
 public:
  explicit Topic(SlowReader slow = SlowReader::Dropped) : audience_(make_audience(slow)) {}

  /// Everything that is published from now on.
  [[nodiscard("without its subscription a WebSocket gets nothing")]] Subscription subscribe(
      const WebSocketWriter<T>& writer) {
    return subscribe_to(audience_, writer);
  }
  /// Sends to all who keep up, without waiting, and says how many. A struct is written as JSON once.
  ///
  /// What one task publishes arrives in its order. Errors: InvalidData for a value that has no JSON.
  Result<std::size_t> publish(const T& value) {
    if constexpr (std::is_same_v<T, Message>) {
      return publish_to(*audience_, value);
    } else {
      RONDEAU_TRY_PLAIN(std::string text, json::to_string(value));
      return publish_to(*audience_, Message::text(std::move(text)));
    }
  }
  std::size_t subscribers() const { return size_of(*audience_); }

 private:
  std::shared_ptr<Audience> audience_;
};

}  // namespace rondeau::websocket
