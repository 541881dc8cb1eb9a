// What the reference server has not: files, ranges, conditions, events, streams, uploads, content codings. For foreign
// clients and browsers to try.
// Run: feature_server PORT WORKERS [DIRECTORY]
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/response/sse.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/server/serve.h>
#include <rondeau/signal/signal.h>
#include <rondeau/static_files/files.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// 1 MiB in which every 16 bytes tell where they are.
const std::string& content() {
  static const std::string text = [] {
    std::string made;
    for (int line = 0; line < 65'536; ++line) {
      char buffer[17];
      std::snprintf(buffer, sizeof(buffer), "line %010d\n", line);
      made += buffer;
    }
    return made;
  }();
  return text;
}

Content<Bytes> memory() {
  return {Bytes::from_static(content()), etag("v1").last_modified(std::chrono::system_clock::time_point(784111777s))};
}

/// A document that changes by PUT, on condition.
Response put_document(Request request) {
  if (auto answer = etag("v1").check(request)) return *std::move(answer);
  return Response(StatusCode::NoContent);
}

Task<Response> hints(EarlyHints hints) {
  static_cast<void>(hints.send({"</app.css>; rel=preload; as=style"}));
  co_await sleep_for(50ms);
  co_return Response::html("<link rel=stylesheet href=/app.css>");
}

std::uint64_t number_of(const LastEventId& last) {
  std::uint64_t seen = 0;
  std::from_chars(last->data(), last->data() + last->size(), seen);
  return seen;
}
AsyncGenerator<SseEvent> count_events(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t i = from + 1; i <= to; ++i) {
    co_yield SseEvent().event("count").id(std::to_string(i)).data("event " + std::to_string(i));
    co_await sleep_for(10ms);
  }
}
Sse<SseEvent> events(LastEventId last) {
  return Sse(count_events(number_of(last), 5));
}
/// Five more to whoever comes back, and that soon.
AsyncGenerator<SseEvent> count_on(std::uint64_t seen) {
  co_yield SseEvent().retry(20ms);
  for (std::uint64_t i = seen + 1; i <= seen + 5; ++i) co_yield SseEvent().id(std::to_string(i)).data(std::to_string(i));
}
Sse<SseEvent> counting(LastEventId last) {
  return Sse(count_on(number_of(last)));
}
AsyncGenerator<SseEvent> tick_for_ever() {
  for (std::uint64_t i = 1;; ++i) {
    co_yield SseEvent().id(std::to_string(i)).data("tick");
    co_await sleep_for(100ms);
  }
}

/// Shows them to a person, and to whoever looks at its document.
Response events_page() {
  return Response::html(R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Events</title>
<h1>Events</h1><ol id="seen"></ol><p id="state">waiting</p>
<script>
  const events = new EventSource("/events");
  events.addEventListener("count", event => {
    const item = document.createElement("li");
    item.textContent = `${event.lastEventId}: ${event.data}`;
    document.getElementById("seen").append(item);
    if (event.lastEventId !== "5") return;
    events.close();
    document.getElementById("state").textContent = "all came";
  });
</script>
)");
}

Task<void> echo_messages(WebSocket<> socket) {
  while (auto message = co_await socket.recv()) {
    if (!co_await socket.send(*message)) break;
  }
}

AsyncGenerator<std::string> parts() {
  for (int part = 1; part <= 8; ++part) {
    co_yield "part " + std::to_string(part) + " of 8\n";
    co_await sleep_for(10ms);
  }
}
Response stream_with_trailers() {
  return Response::stream(
      [](BodyWriter& out) -> Task<Result<void>> {
        RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("hello\n")));
        co_return out.trailers().set("x-length", "6");
      },
      "text/plain");
}

/// Counts what comes and keeps none of it.
Task<Result<std::string, StatusCode>> upload(BodyStream body) {
  std::uint64_t bytes = 0;
  for (;;) {
    auto piece = co_await body.next();
    if (!piece) co_return Unexpected{http::status_of_body_error(piece.error())};
    if (piece->empty()) co_return std::to_string(bytes) + "\n";
    bytes += piece->size();
  }
}

Router<> routes(std::optional<std::string> directory) {
  Router<> app;
  app.layer(middleware::AutoEtag());
  app.layer(Compress());
  app.layer(Decompress());
  app.get<"/">([] { return "feature server\n"; });
  app.get<"/memory">(memory);
  app.put<"/memory">(put_document);
  app.get<"/hints">(hints);
  app.get<"/events">(events);
  app.get<"/counting">(counting);
  app.get<"/events.html">(events_page);
  app.ws<"/ws">(echo_messages);
  app.get<"/ticks">([] { return Sse(tick_for_ever()); });
  app.get<"/stream">([] { return parts(); });
  app.get<"/trailers">(stream_with_trailers);
  app.get<"/attachment">(
      [] { return Response::text("a report\n").header(HeaderName::ContentDisposition, attachment("n\u00e9e.txt")); });
  app.get<"/text">([] { return content(); });
  app.get<"/secret">([] { return content().substr(0, 4096); }).secret();
  app.post<"/echo">([](std::string body) { return body; });
  app.post<"/upload">(upload);
  app.put<"/upload">(upload);
  if (directory) {
    app.merge(files("/files", *directory, {.cache = {{"*.html", "no-cache"}}, .hashed_names_are_immutable = true}));
  }
  return app;
}

Task<Result<void>> serve_until_terminated(std::uint16_t port, std::optional<std::string> directory) {
  RONDEAU_TRY(signal::Signal terminate, signal::signal(signal::SignalKind::terminate()));
  ServeOptions options{.http2_prior_knowledge = server::http2_is_built_in(), .server_name = "rondeau"};
  spawn([heard = std::move(terminate), stop = options.shutdown]() mutable -> Task<void> {
    co_await heard.recv();
    stop.cancel();
  }).detach();
  RONDEAU_TRY(auto listener, net::TcpListener::bind("127.0.0.1:" + std::to_string(port)));
  RONDEAU_TRY(const SocketAddress address, listener.local_addr());
  std::printf("listening on %s\n", address.to_string().c_str());
  std::fflush(stdout);
  RONDEAU_TRY_VOID(co_await serve(std::move(listener), routes(std::move(directory)), std::move(options)));
  co_return Result<void>();
}

template <class N>
std::optional<N> number(std::string_view text) {
  N value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = argc == 3 || argc == 4 ? number<std::uint16_t>(argv[1]) : std::nullopt;
  const auto workers = port ? number<std::size_t>(argv[2]) : std::nullopt;
  if (!workers || *workers == 0) {
    std::fprintf(stderr, "feature_server PORT WORKERS [DIRECTORY]\n");
    return 2;
  }
  std::optional<std::string> directory;
  if (argc == 4) directory = argv[3];
  return run(serve_until_terminated(*port, std::move(directory)),
             runtime::Builder::multi_thread().worker_threads(*workers));
}
