// A server of HTTP/2 that does what a script says; the steps are those of scripted_peer.h.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scripted_peer.h"
#include "support/http2/frames.h"

namespace peers {

namespace h2 = http2_test;

/// Waits for the head of a request only, whether or not a body follows.
inline Step receive_head() {
  return {Step::Kind::Receive, "head"};
}
inline std::string settings(std::string_view entries = {}) {
  return h2::frame(NGHTTP2_SETTINGS, 0, 0, entries);
}
inline Step greet(std::string_view entries = {}) {
  return send(settings(entries));
}
inline std::string head(std::int32_t id, const h2::Fields& more = {}, int flags = 0, std::string status = "200") {
  h2::Fields fields{{":status", std::move(status)}};
  fields.insert(fields.end(), more.begin(), more.end());
  return h2::headers(id, fields, flags | h2::kEndHeaders);
}
inline std::string answer(std::int32_t id, std::string_view body, const h2::Fields& more = {}) {
  return head(id, more) + h2::data(id, body, h2::kEnd);
}
inline std::string go_away(std::int32_t last, std::uint32_t code = NGHTTP2_NO_ERROR) {
  return h2::frame(NGHTTP2_GOAWAY, 0, 0, h2::word(static_cast<std::uint32_t>(last)) + h2::word(code));
}
inline std::string rst(std::int32_t id, std::uint32_t code) {
  return h2::frame(NGHTTP2_RST_STREAM, 0, id, h2::word(code));
}

/// What the peer does by itself while it reads.
struct Habits {
  bool credits = true;  ///< opens the windows by what has come
  bool pongs = true;
};

/// One connection as the server sees it.
struct Conversed : h2::Client {
  std::size_t looked = 0;    ///< frames that habits have looked at
  std::size_t heads_received = 0;   ///< by steps
  std::size_t wholes_received = 0;  ///< the same
  bool spoken = false;              ///< the server has said something
  bool closed = false;

  std::size_t heads() const {
    std::int32_t last = 0;
    std::size_t count = 0;
    for (const h2::Frame& each : of_type(NGHTTP2_HEADERS)) {
      if (each.id > last) ++count;
      last = std::max(last, each.id);
    }
    return count;
  }
  std::size_t wholes() const {
    return static_cast<std::size_t>(std::ranges::count_if(frames(), [](const h2::Frame& each) {
      return (each.type == NGHTTP2_HEADERS || each.type == NGHTTP2_DATA) && each.has(h2::kEnd);
    }));
  }
};

struct Heard {
  std::vector<std::shared_ptr<Conversed>> connections;
};

inline std::string reply_to(Conversed& heard, const Habits& habits) {
  std::string out;
  if (!heard.spoken) return out;
  for (; heard.looked < heard.frames().size(); ++heard.looked) {
    const h2::Frame& each = heard.frames()[heard.looked];
    if (each.type == NGHTTP2_SETTINGS && !each.has(NGHTTP2_FLAG_ACK)) {
      out += h2::frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0);
    }
    if (each.type == NGHTTP2_PING && !each.has(NGHTTP2_FLAG_ACK) && habits.pongs) {
      out += h2::frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, each.payload);
    }
    if (each.type == NGHTTP2_DATA && !each.payload.empty() && habits.credits) {
      const std::string size = h2::word(static_cast<std::uint32_t>(each.payload.size()));
      out += h2::frame(NGHTTP2_WINDOW_UPDATE, 0, 0, size);
      if (!each.has(h2::kEnd)) out += h2::frame(NGHTTP2_WINDOW_UPDATE, 0, each.id, size);
    }
  }
  return out;
}

/// False: the client has closed.
template <class Stream>
Task<bool> hear(Stream& stream, Conversed& heard, Habits habits) {
  char buffer[16'384];
  const auto count = co_await stream.read_some(std::as_writable_bytes(std::span(buffer)));
  if (!count || *count == 0) {
    heard.closed = true;
    co_return false;
  }
  heard.feed({buffer, *count});
  const std::string reply = reply_to(heard, habits);
  if (!reply.empty() && !co_await stream.write_all(reply)) co_return false;
  co_return true;
}

template <class Stream>
Task<void> play_http2(Stream stream, Script script, std::shared_ptr<Conversed> heard, Habits habits) {
  std::string preface(24, '\0');
  if (!co_await stream.read_exact(std::as_writable_bytes(std::span(preface)))) co_return;
  for (const Step& step : script) {
    switch (step.kind) {
      case Step::Kind::Receive:
        while (step.text == "head" ? heard->heads() <= heard->heads_received
                                   : heard->wholes() <= heard->wholes_received) {
          if (!co_await hear(stream, *heard, habits)) co_return;
        }
        if (step.text == "head") {
          ++heard->heads_received;
        } else {
          ++heard->wholes_received;
          heard->heads_received = heard->heads();
        }
        break;
      case Step::Kind::Take:
        break;  // frames are heard whole
      case Step::Kind::Send:
        heard->spoken = true;
        if (!co_await stream.write_all(step.text)) co_return;
        break;
      case Step::Kind::Drip:
        heard->spoken = true;
        for (const char& c : step.text) {
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
        if constexpr (requires { stream.set_linger(0s); }) static_cast<void>(stream.set_linger(0s));
        co_return;
      case Step::Kind::Stay:
        while (co_await hear(stream, *heard, habits)) {}
        co_return;
    }
  }
}

inline Task<void> serve_http2(std::vector<Script> scripts, std::shared_ptr<Heard> heard, Habits habits) {
  rondeau::net::TcpListener listener = rondeau::net::TcpListener::bind("0.0.0.0:80").value();
  for (;;) {
    auto stream = co_await listener.accept();
    if (!stream) continue;
    const std::size_t number = std::min(heard->connections.size(), scripts.size() - 1);
    heard->connections.push_back(std::make_shared<Conversed>());
    rondeau::spawn(play_http2(*std::move(stream), scripts[number], heard->connections.back(), habits)).detach();
  }
}

struct PlayedHttp2 {
  std::string result;
  Heard heard;
  Duration took;

  std::size_t connections() const { return heard.connections.size(); }
  const Conversed& first() const { return *heard.connections.at(0); }
};

inline client::ClientOptions knowing() {
  client::ClientOptions options;
  options.http2 = client::Http2::PriorKnowledge;
  options.limits.body = 16'000'000;
  return options;
}

inline PlayedHttp2 play2(std::vector<Script> scripts, Program program, client::ClientOptions options = knowing(),
                         Habits habits = {}, std::uint64_t seed = 1) {
  sim::Options world_options;
  world_options.subset_of_faults = false;
  sim::Runtime world(seed, world_options);
  PlayedHttp2 played;
  const auto heard = std::make_shared<Heard>();
  world.host("server", [&] { return serve_http2(scripts, heard, habits); });
  played.result = world.block_on([&]() -> Task<std::string> {
    const Instant begun = Instant::now();
    std::string result = co_await program(client::Client::build(options).value());
    played.took = begun.elapsed();
    co_await rondeau::sleep_for(100ms);  // what was sent last arrives
    co_return result;
  });
  played.heard = *heard;
  return played;
}

}  // namespace peers
