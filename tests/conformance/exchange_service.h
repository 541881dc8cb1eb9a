// The service that tests/conformance/exchanges talks to: one route for each thing that an answer can be like.
#pragma once

#include <array>
#include <chrono>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/http/upgrade.h>
#include <rondeau/rondeau.h>
#include <rondeau/time/sleep.h>

namespace rondeau::testing {

/// Sends back all bytes, until "." comes.
class EchoUpgrade final : public http::Upgrade {
 public:
  task::Task<void> run(http::UpgradedStream& upgraded) override {
    std::string bytes = upgraded.take_read_ahead();
    for (;;) {
      if (!bytes.empty() && !co_await upgraded.stream().write_all(std::as_bytes(std::span(bytes)))) co_return;
      if (bytes.ends_with('.')) co_return;
      std::array<std::byte, 64> room;
      const auto count = co_await upgraded.stream().read_some(room);
      if (!count || *count == 0) co_return;
      bytes.assign(reinterpret_cast<const char*>(room.data()), *count);
    }
  }
};

/// A stream of these pieces, which fails in the end or does not.
inline Response pieces(std::vector<std::string> texts, bool fails = false) {
  return Response::stream(
      [texts = std::move(texts), fails](BodyWriter& out) -> Task<Result<void>> {
        for (std::string text : texts) RONDEAU_TRY_VOID(co_await out.write(Bytes(std::move(text))));
        if (fails) co_return Error(Errc::Other, "no more");
        co_return Result<void>();
      },
      "text/plain");
}

/// What came, a bar, and the trailers that a handler may see.
inline Task<Response> read_in_pieces(BodyStream body) {
  std::string all;
  for (;;) {
    auto piece = co_await body.next();
    if (!piece) co_return Response(StatusCode::InternalServerError);
    if (piece->empty()) break;
    all += piece->view();
  }
  all += "|";
  for (const auto& field : body.trailers()) all += std::string(field.name) + "=" + std::string(field.value) + ";";
  co_return Response::text(std::move(all));
}

inline void add_answers(Router<>& app) {
  app.get<"/text">([] { return "hello"; });
  app.get<"/empty">([] { return StatusCode::NoContent; });
  app.get<"/unchanged">([] { return Response(StatusCode::NotModified).header("etag", "\"1\""); });
  app.get<"/unchanged-of-5">([] { return Response(StatusCode::NotModified).header("content-length", "5"); });
  app.get<"/stream">([] { return pieces({"hello", " world"}); });
  app.get<"/counted">([] { return pieces({"hel", "lo"}).header("content-length", "5"); });
  app.get<"/shorter">([] { return pieces({"hell"}).header("content-length", "5"); });
  app.get<"/longer">([] { return pieces({"hello", "!"}).header("content-length", "5"); });
  app.get<"/fails">([] { return pieces({"hel"}, true); });
  app.get<"/fails-at-once">([] { return pieces({}, true); });
  app.get<"/throws">([]() -> Response { throw std::runtime_error("secret"); });
  app.get<"/closes">([] { return Response::text("bye").header("connection", "close"); });
  app.get<"/trailers">([] {
    Response response = pieces({"hello"});
    response.trailers().set("x-sum", "5").value();
    return response;
  });
  app.get<"/hints">([](EarlyHints hints) {
    static_cast<void>(hints.send({"</a.css>; rel=preload"}));
    return "hello";
  });
  app.get<"/nap">([]() -> Task<Response> {
    co_await sleep_for(std::chrono::seconds(1));
    co_return Response::text("awake");
  });
  app.get<"/hour">([]() -> Task<Response> {
    co_await sleep_for(std::chrono::hours(1));
    co_return Response::text("late");
  });
  // What no answer may be.
  app.get<"/own-coding">([] { return Response::text("hello").header("transfer-encoding", "chunked"); });
  app.get<"/own-length/{n}">([](Path<"n"> n) { return Response::text("hello").header("content-length", *n); });
  app.get<"/body-of-204">([] { return Response::text("hello", StatusCode::NoContent); });
  app.get<"/interim">([] { return Response(StatusCode::Continue); });
  app.get<"/two-types">([] {
    Response response = Response::text("hello");
    response.headers().append("content-type", "text/html").value();
    return response;
  });
  app.get<"/field/{value}">([](Path<"value"> value) { return Response::text("hello").header("x-field", *value); });
  app.get<"/name/{name}">([](Path<"name"> name) { return Response::text("hello").header(*name, "x"); });
  app.get<"/to/{where}">([](Path<"where"> where) { return Response::redirect(*where); });
  app.get<"/cookie/{value}">(
      [](Path<"value"> value) { return Response::text("hello").add_cookie(SetCookie("a", *value)); });
}

inline void add_readers(Router<>& app) {
  app.post<"/echo">([](Bytes body) { return Response::bytes(std::move(body)); });
  app.post<"/ignore">([] { return "ignored"; });
  app.post<"/little">([](Bytes body) { return Response::bytes(std::move(body)); }).body_limit(5);
  app.post<"/pieces">(read_in_pieces);
  app.post<"/wake-and-read">([](BodyStream body) -> Task<Response> {
    co_await sleep_for(std::chrono::seconds(1));
    co_return co_await read_in_pieces(std::move(body));
  });
  app.get<"/authority">([](Request request) { return std::string(request.authority()); });
  app.ws<"/ws">([](WebSocket<> socket) -> Task<void> {
    while (co_await socket.recv()) {
    }
  });
  app.any<"/upgrade">([] { return Response::upgrade("echo", http::UpgradePtr(new EchoUpgrade)); });
}

inline Router<> exchange_service() {
  Router<> app;
  app.get<"/before">([] { return "before"; });
  app.get<"/marker">([] { return "marker"; });
  add_answers(app);
  add_readers(app);
  return app;
}

}  // namespace rondeau::testing
