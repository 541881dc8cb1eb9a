// A server that does what a script says, in a world of its own: a simulated network, a clock that jumps, chance out of a
// seed.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/client/client.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/sim/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/websocket/handshake.h>

namespace peers {

using namespace std::chrono_literals;
using rondeau::Bytes;
using rondeau::Duration;
using rondeau::Errc;
using rondeau::Instant;
using rondeau::Result;
using rondeau::Task;
namespace client = rondeau::client;
namespace http = rondeau::http;
namespace sim = rondeau::sim;

/// One thing that a server does on a connection.
struct Step {
  enum class Kind { Receive, Take, Send, Drip, Wait, Finish, Reset, Stay } kind = Kind::Receive;
  std::string text = {};
  Duration span = {};
  std::size_t bytes = 0;
};
/// Reads a request: a head, and a body if it says how long that is.
inline Step receive() {
  return {};
}
/// Reads bytes that are no request.
inline Step take(std::size_t bytes) {
  return {Step::Kind::Take, {}, {}, bytes};
}
inline Step send(std::string text) {
  return {Step::Kind::Send, std::move(text)};
}
/// Sends byte by byte, with a pause behind each.
inline Step drip(std::string text, Duration pause) {
  return {Step::Kind::Drip, std::move(text), pause};
}
inline Step wait(Duration span) {
  return {Step::Kind::Wait, {}, span};
}
/// Ends its half, and goes on with the script.
inline Step finish() {
  return {Step::Kind::Finish};
}
inline Step reset() {
  return {Step::Kind::Reset};
}
/// Does nothing more, and keeps the connection.
inline Step stay() {
  return {Step::Kind::Stay};
}

using Script = std::vector<Step>;

/// What the server has seen.
struct Seen {
  std::size_t connections = 0;
  std::vector<std::string> requests;  ///< heads
  std::vector<std::string> bodies;
  std::string taken;                  ///< what take() has read
};

/// Reads until the head is whole, then what Content-Length says, or chunks to their end.
inline Task<bool> receive_request(rondeau::net::TcpStream& stream, std::string& unread, Seen& seen) {
  const auto more = [&]() -> Task<bool> {
    char buffer[4096];
    const auto count = co_await stream.read_some(std::as_writable_bytes(std::span(buffer)));
    if (!count || *count == 0) co_return false;
    unread.append(buffer, *count);
    co_return true;
  };
  std::size_t end = std::string::npos;
  while ((end = unread.find("\r\n\r\n")) == std::string::npos) {
    if (!co_await more()) co_return false;
  }
  const std::string head = unread.substr(0, end + 4);
  unread.erase(0, end + 4);
  seen.requests.push_back(head);
  seen.bodies.emplace_back();
  if (const std::size_t at = head.find("Content-Length: "); at != std::string::npos) {
    const std::size_t length = std::stoul(head.substr(at + 16));
    while (unread.size() < length) {
      if (!co_await more()) co_return false;
    }
    seen.bodies.back() = unread.substr(0, length);
    unread.erase(0, length);
  } else if (head.find("Transfer-Encoding: chunked") != std::string::npos) {
    std::size_t last = std::string::npos;
    while ((last = unread.find("0\r\n\r\n")) == std::string::npos) {
      if (!co_await more()) co_return false;
    }
    seen.bodies.back() = unread.substr(0, last + 5);
    unread.erase(0, last + 5);
  }
  co_return true;
}

inline Task<bool> take_bytes(rondeau::net::TcpStream& stream, std::string& unread, std::size_t bytes, Seen& seen) {
  while (unread.size() < bytes) {
    char buffer[4096];
    const auto count = co_await stream.read_some(std::as_writable_bytes(std::span(buffer)));
    if (!count || *count == 0) co_return false;
    unread.append(buffer, *count);
  }
  seen.taken += unread.substr(0, bytes);
  unread.erase(0, bytes);
  co_return true;
}

/// `{accept}` stands for what belongs to the Sec-WebSocket-Key of the last request.
inline std::string filled(std::string text, const Seen& seen) {
  const std::size_t at = text.find("{accept}");
  if (at == std::string::npos || seen.requests.empty()) return text;
  const std::string& head = seen.requests.back();
  const std::string_view name = "\r\nSec-WebSocket-Key: ";
  const std::size_t key = head.find(name) + name.size();
  const std::string accept = rondeau::websocket::accept_of(head.substr(key, head.find("\r\n", key) - key));
  return text.replace(at, 8, accept);
}

inline Task<void> play(rondeau::net::TcpStream stream, Script script, std::shared_ptr<Seen> seen) {
  std::string unread;
  for (const Step& step : script) {
    switch (step.kind) {
      case Step::Kind::Receive:
        if (!co_await receive_request(stream, unread, *seen)) co_return;
        break;
      case Step::Kind::Take:
        if (!co_await take_bytes(stream, unread, step.bytes, *seen)) co_return;
        break;
      case Step::Kind::Send:
        if (!co_await stream.write_all(filled(step.text, *seen))) co_return;
        break;
      case Step::Kind::Drip:
        for (const std::string text = filled(step.text, *seen); const char& c : text) {
          if (!co_await stream.write_all(std::string_view(&c, 1))) co_return;
          co_await rondeau::sleep_for(step.span);
        }
        break;
      case Step::Kind::Wait:
        co_await rondeau::sleep_for(step.span);
        break;
      case Step::Kind::Finish:
        static_cast<void>(co_await stream.shutdown(rondeau::io::How::Write));
        break;
      case Step::Kind::Reset:
        static_cast<void>(stream.set_linger(0s));
        co_return;
      case Step::Kind::Stay:
        co_await stream.peer_closed();
        co_return;
    }
  }
}

/// The first connection gets the first script, and so on; later ones the last.
inline Task<void> serve(std::vector<Script> scripts, std::shared_ptr<Seen> seen) {
  rondeau::net::TcpListener listener = rondeau::net::TcpListener::bind("0.0.0.0:80").value();
  for (;;) {
    auto stream = co_await listener.accept();
    if (!stream) continue;
    const std::size_t number = std::min(seen->connections++, scripts.size() - 1);
    rondeau::spawn(play(*std::move(stream), scripts[number], seen)).detach();
  }
}

/// What a program with a client made of a server with those scripts.
struct Played {
  std::string result;
  Seen seen;
  Duration took;
};

using Program = std::function<Task<std::string>(client::Client)>;

inline Played play(std::vector<Script> scripts, Program program, client::ClientOptions options = {},
                   std::uint64_t seed = 1) {
  // These servers speak no TLS; to read whom the system believes would be most of the work of a test.
  if (!options.tls) options.tls.emplace().danger_accept_invalid_certificates = true;
  sim::Options world_options;
  world_options.subset_of_faults = false;
  sim::Runtime world(seed, world_options);
  Played played;
  const auto seen = std::make_shared<Seen>();
  world.host("server", [&] { return serve(scripts, seen); });
  played.result = world.block_on([&]() -> Task<std::string> {
    const Instant begun = Instant::now();
    std::string result = co_await program(client::Client::build(options).value());
    played.took = begun.elapsed();
    co_return result;
  });
  played.seen = *seen;
  return played;
}

/// "connect sent=yes waiting for the answer".
inline std::string describe(const client::Error& error) {
  return std::string(to_string(error.kind())) + " sent=" + std::string(to_string(error.sent())) + ' ' +
         std::string(to_string(error.phase()));
}

/// Sends the request and reads all of the answer: "200 hello", or an error.
inline Task<std::string> outcome_of(client::RequestBuilder request) {
  Result<client::Response, client::Error> response = co_await std::move(request).send();
  if (!response) co_return describe(response.error());
  const std::string status = std::to_string(http::code(response->status()));
  const Result<std::string, client::Error> body = co_await response->text();
  if (!body) co_return status + ' ' + describe(body.error());
  co_return status + ' ' + *body;
}

inline Task<std::string> get(client::Client asks) {
  co_return co_await outcome_of(asks.get("http://server/"));
}

inline std::string ok(std::string_view body, std::string_view fields = {}) {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace peers
