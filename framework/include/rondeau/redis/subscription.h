// Subscription: messages of channels, over a connection of its own that is made again whenever it is lost.
//
//     RONDEAU_TRY(auto news, co_await redis::Subscription::open(client, {.channels = {"news"}}));
//     while (auto event = co_await news.next()) {
//       if (const auto* message = std::get_if<redis::Message>(&*event)) …
//       else …  // a Gap: messages may be missing, look at the data itself
//     }
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <rondeau/redis/client.h>
#include <rondeau/redis/error.h>
#include <rondeau/task/task.h>

namespace rondeau::redis {

/// What to listen to.
struct Topics {
  std::vector<std::string> channels = {};
  std::vector<std::string> patterns = {};        ///< globs: "orders.*"
  std::vector<std::string> shard_channels = {};  ///< of a cluster's shard (SSUBSCRIBE)
};

struct Message {
  std::string channel;
  std::string pattern;  ///< which one fitted; empty where the channel itself was asked for
  std::string payload;
};
/// Messages may be missing here.
struct Gap {
  bool reconnected = false;   ///< nobody listened for a while; it is listened to again before this is told
  std::uint64_t dropped = 0;  ///< messages that found no room, since next() was not called
};
using Event = std::variant<Message, Gap>;

/// Messages in their order, and a Gap wherever some may be missing: Redis keeps none for those who are not there.
///
/// At most 1,024 wait to be asked for; then the oldest is dropped and counted. A silent connection is pinged every 15 s.
/// Destroyed: its connection is closed. Thread safety: one user at a time. Lifetime: may outlive its client.
class Subscription {
 public:
  static constexpr std::size_t kMostWaiting = 1'024;

  /// Ends when the server has confirmed all topics.
  ///
  /// Errors: Config without topics; what will not pass (Auth, NOPERM) at once; what else kept it from being so within the
  /// client's connect_timeout and command_timeout together. Cancellation: safe.
  static task::Task<Result<Subscription>> open(Client client, Topics topics);

  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  ~Subscription();

  /// The next message or gap; nothing once the runtime ends. Cancellation: safe, nothing is lost.
  task::Task<std::optional<Event>> next();

  /// From soon on, also after reconnecting. Without waiting: until the server has heard of it, messages are not seen.
  void add(Topics topics);
  /// Messages under way may still come.
  void remove(Topics topics);

  /// Why there is no connection now; nothing where there is one.
  std::optional<Error> trouble() const;

 private:
  class Listener;
  explicit Subscription(std::shared_ptr<Listener> listener) noexcept;

  std::shared_ptr<Listener> listener_;
};

}  // namespace rondeau::redis
