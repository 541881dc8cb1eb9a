#include <array>
#include <chrono>
#include <string>
#include <utility>

#include <rondeau/io/framed.h>
#include <rondeau/task/select.h>
#include <rondeau/task/stream_map.h>
#include <rondeau/time/timeout.h>

#include "commands.h"
#include "resp.h"
#include "server.h"

namespace mini_redis {

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// A client that does not take its answers for so long is gone.
constexpr Duration kWriteLimit = 30s;
/// Answers are gathered up to so many bytes; then they are written, whatever else there is to answer.
constexpr std::size_t kGathered = 64 * 1024;
/// Each has a queue of its own.
constexpr std::size_t kMostSubscriptions = 64;

using Subscriptions = StreamMap<std::string, Subscription>;

class Client {
 public:
  Client(Server& server, net::TcpStream stream) : server_(server), frames_(std::move(stream), RespCodec()) {
    frames_.set_backpressure_boundary(kGathered);
  }

  Task<Result<void>> serve();

 private:
  Task<Result<void>> answer_all(Command first);
  Task<Result<void>> answer(Command command);
  Task<Result<void>> subscribe(const Command& command);
  Task<Result<void>> unsubscribe(const Command& command);
  Task<Result<void>> deliver(Subscriptions::Item message);
  Task<Result<void>> refuse(const Error& error);
  Task<Result<void>> tell_subscriptions(std::string_view what, const Reply& name);
  std::string info() const;

  Server& server_;
  io::Framed<net::TcpStream, RespCodec> frames_;
  Subscriptions subscriptions_;
  bool quit_ = false;
};

Task<Result<void>> Client::serve() {
  while (!quit_ && !server_.stop.is_cancelled()) {
    // Both are streams: one that does not win has lost nothing.
    auto first =
        co_await select(cancel_safe(frames_.next()), when(!subscriptions_.empty(), cancel_safe(subscriptions_.next())),
                        server_.stop.cancelled());
    if (first.is<2>()) break;
    if (first.is<1>()) {
      RONDEAU_TRY_VOID(co_await timeout(kWriteLimit, deliver(*std::move(first).get<1>())));
      continue;
    }
    auto command = std::move(first).get<0>();
    if (!command) co_return {};
    if (!*command) co_return co_await timeout(kWriteLimit, refuse(command->error()));
    RONDEAU_TRY_VOID(co_await timeout(kWriteLimit, answer_all(**std::move(command))));
  }
  co_return co_await timeout(kWriteLimit, frames_.close());
}

/// The first and all that came with it, in as few writes as can be.
Task<Result<void>> Client::answer_all(Command first) {
  RONDEAU_TRY_VOID(co_await answer(std::move(first)));
  while (!quit_) {
    auto next = frames_.codec().decode(frames_.read_buffer());
    if (!next) co_return co_await refuse(next.error());
    if (!*next) break;
    RONDEAU_TRY_VOID(co_await answer(**std::move(next)));
  }
  co_return co_await frames_.flush();
}

Task<Result<void>> Client::answer(Command command) {
  const std::string name = name_of(command);
  if (name == "SUBSCRIBE") co_return co_await subscribe(command);
  if (name == "UNSUBSCRIBE") co_return co_await unsubscribe(command);
  Reply reply{Status{"OK"}};
  if (name == "QUIT") {
    quit_ = true;
  } else if (!subscriptions_.empty() && name != "PING") {
    reply = {Failure{"ERR a subscriber can only SUBSCRIBE, UNSUBSCRIBE, PING and QUIT"}};
  } else if (name == "PING" && command.size() <= 2) {
    if (!subscriptions_.empty()) {
      reply = {
          Array{{Bytes::from_static("pong")}, {Bytes(command.size() == 2 ? std::move(command[1]) : std::string())}}};
    } else {
      reply = command.size() == 2 ? Reply{Bytes(std::move(command[1]))} : Reply{Status{"PONG"}};
    }
  } else if (name == "ECHO" && command.size() == 2) {
    reply = {Bytes(std::move(command[1]))};
  } else if (name == "PUBLISH" && command.size() == 3) {
    reply = {static_cast<std::int64_t>(server_.channels.publish(command[1], Bytes(std::move(command[2]))))};
  } else if (name == "SELECT" && command.size() == 2) {
    if (command[1] != "0") reply = {Failure{"ERR DB index is out of range"}};
  } else if (name == "INFO") {
    reply = {Bytes(info())};
  } else if (name == "CONFIG" && command.size() == 3 && name_of({command[1]}) == "GET") {
    reply = {Array{{Bytes(std::move(command[2]))}, {Bytes()}}};
  } else if (name == "COMMAND") {
    reply = {Array()};
  } else if (name == "PING" || name == "ECHO" || name == "PUBLISH" || name == "SELECT" || name == "CONFIG") {
    reply = {wrong_number_of_arguments(command)};
  } else if (name != "CLIENT") {
    reply = run(server_.database, std::move(command));
  }
  co_return co_await frames_.feed(std::move(reply));
}

Task<Result<void>> Client::subscribe(const Command& command) {
  if (command.size() < 2) co_return co_await frames_.feed(Reply{wrong_number_of_arguments(command)});
  for (std::size_t i = 1; i < command.size(); ++i) {
    if (!subscriptions_.contains(command[i])) {
      if (subscriptions_.len() == kMostSubscriptions) {
        co_return co_await frames_.feed(Reply{Failure{"ERR too many subscriptions"}});
      }
      subscriptions_.insert(command[i], server_.channels.subscribe(command[i]));
    }
    RONDEAU_TRY_VOID(co_await tell_subscriptions("subscribe", {Bytes::copy_of(command[i])}));
  }
  co_return {};
}

Task<Result<void>> Client::unsubscribe(const Command& command) {
  const auto names = command.size() > 1 ? Command(command.begin() + 1, command.end()) : subscriptions_.keys();
  if (names.empty()) co_return co_await tell_subscriptions("unsubscribe", {Nil()});
  for (const std::string& name : names) {
    subscriptions_.remove(name);
    RONDEAU_TRY_VOID(co_await tell_subscriptions("unsubscribe", {Bytes::copy_of(name)}));
  }
  co_return {};
}

Task<Result<void>> Client::tell_subscriptions(std::string_view what, const Reply& name) {
  co_return co_await frames_.feed(
      Reply{Array{{Bytes::from_static(what)}, name, {static_cast<std::int64_t>(subscriptions_.len())}}});
}

/// A subscriber that is too slow is cut off rather than given a part of what was published.
Task<Result<void>> Client::deliver(Subscriptions::Item message) {
  auto& [channel, payload] = message;
  if (!payload) co_return Error(Errc::Overloaded);
  co_return co_await frames_.send(
      Reply{Array{{Bytes::from_static("message")}, {Bytes(std::move(channel))}, {*std::move(payload)}}});
}

/// Says what is wrong and ends the connection. What still comes is thrown away for a while: closing over bytes that
/// nobody read would reset the connection, and the client might never see the answer.
Task<Result<void>> Client::refuse(const Error& error) {
  quit_ = true;
  if (error.code() != Errc::InvalidData) co_return error;
  RONDEAU_TRY_VOID(co_await frames_.feed(Reply{Failure{"ERR Protocol error: " + std::string(error.context())}}));
  RONDEAU_TRY_VOID(co_await frames_.close());
  std::array<std::byte, 4096> rest;
  for (int i = 0; i < 4096; ++i) {
    RONDEAU_TRY(const std::size_t count, co_await timeout(1s, frames_.inner().read_some(rest)));
    if (count == 0) break;
  }
  co_return {};
}

std::string Client::info() const {
  const std::size_t keys = server_.database.with([](Keyspace& all) { return all.size(); });
  return "# Server\r\nserver:mini_redis\r\n# Clients\r\nconnected_clients:" + std::to_string(server_.clients) +
         "\r\n# Keyspace\r\ndb0:keys=" + std::to_string(keys) + "\r\n";
}

}  // namespace

Task<void> serve_client(std::shared_ptr<Server> server, net::TcpStream stream, OwnedSemaphorePermit place) {
  const OwnedSemaphorePermit mine = std::move(place);
  ++server->clients;
  {
    Client client(*server, std::move(stream));
    static_cast<void>(co_await client.serve());  // a client that breaks off is nobody's failure
  }
  --server->clients;
}

}  // namespace mini_redis
