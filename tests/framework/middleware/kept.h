// Kept: a service behind a Cache, whose answers tell whether a handler made them.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/wall_clock.h>
#include <rondeau/middleware/cache.h>
#include <rondeau/rondeau.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/text/date.h>
#include <rondeau/time/sleep.h>

namespace support {

using namespace rondeau;
using namespace std::chrono_literals;

/// How often the handler has run.
using Runs = std::shared_ptr<int>;

inline Response made(const Runs& runs, std::string_view control) {
  return Response::text("run " + std::to_string(++*runs)).header(HeaderName::CacheControl, control);
}

inline AsyncGenerator<Result<std::string>> stream(Runs runs, bool breaks) {
  co_yield Result<std::string>("stream ");
  co_await sleep_for(1s);
  if (breaks) co_yield Result<std::string>(Errc::UnexpectedEof);
  co_yield Result<std::string>(std::to_string(++*runs));
}

/// A service whose answers count the runs of their handlers, behind a Cache.
struct Kept {
  explicit Kept(CacheOptions options = {}) : cache(options), app(routes(cache, runs)) {}

  std::string get(std::string_view path) { return app.get(path).send().body(); }
  bool keeps(std::string_view path) {
    const std::string first = get(path);
    return get(path) == first;
  }

  static Router<> routes(const Cache& cache, const Runs& runs) {
    Router<> app;
    app.layer(cache);
    app.get<"/control/{list}">([runs](Path<"list"> list) { return made(runs, *list); });
    app.get<"/field/{name}/{value}">(
        [runs](Path<"name"> name, Path<"value"> value) { return made(runs, "max-age=60").header(*name, *value); });
    app.get<"/dated/{age}">([runs](Path<"age", int> age) {
      const auto date = std::chrono::floor<std::chrono::seconds>(base::wall_clock()) - std::chrono::seconds(*age);
      return made(runs, "max-age=60").header(HeaderName::Date, text::format_http_date(date));
    });
    app.get<"/status/{code}">([runs](Path<"code", int> status) {
      Response response = made(runs, "max-age=60");
      response.set_status(static_cast<StatusCode>(*status));
      return response;
    });
    app.get<"/tag">([runs] { return made(runs, "max-age=60").header(HeaderName::Etag, "\"v1\""); });
    app.get<"/slow">([runs]() -> Task<Response> {
      co_await sleep_for(2s);
      co_return made(runs, "max-age=60");
    });
    app.get<"/slow-throws">([runs]() -> Task<Response> {
      co_await sleep_for(2s);
      throw std::runtime_error("run " + std::to_string(++*runs));
    });
    app.get<"/slow-private">([runs]() -> Task<Response> {
      co_await sleep_for(2s);
      co_return made(runs, "private");
    });
    app.get<"/big/{id}">([runs] { return made(runs, "max-age=60").header("x-filler", std::string(3000, 'x')); });
    app.get<"/stream">([runs] {
      return Response::stream(stream(runs, false), "text/plain").header(HeaderName::CacheControl, "max-age=60");
    });
    app.get<"/breaks">([runs] {
      return Response::stream(stream(runs, true), "text/plain").header(HeaderName::CacheControl, "max-age=60");
    });
    app.post<"/slow">([] { return StatusCode::NoContent; });
    app.post<"/tag">([] { return StatusCode::NoContent; });
    app.get<"/changed">([runs] { return made(runs, "max-age=60"); });
    app.put<"/changed">([](Request request) -> Task<Response> {
      const std::string way(request.header("x-way").value_or(""));
      if (way == "throws") throw std::runtime_error("half of it is done");
      if (way == "hangs") co_await sleep_for(1h);
      if (way == "fails") co_return Response(StatusCode::BadGateway);
      co_return Response(StatusCode::NoContent);
    });
    app.put<"/tag">([] { return StatusCode::Conflict; });
    return app;
  }

  Runs runs = std::make_shared<int>(0);
  Cache cache;
  TestApp app;
};

}  // namespace support
