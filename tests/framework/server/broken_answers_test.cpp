// Answers that end before their end, and who hears of it.
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/test/run.h>

#include "memory_server.h"

using namespace rondeau;
using support::MemoryServer;

namespace {

Router<> routes() {
  Router<> app;
  app.get<"/fails">([] {
    return Response::stream([](BodyWriter& out) -> Task<Result<void>> {
      RONDEAU_TRY_VOID(co_await out.write(Bytes::copy_of("half")));
      co_return Error(Errc::UnexpectedEof, "the shop left");
    });
  });
  app.get<"/short">([] {
    return Response::stream([](BodyWriter& out) -> Task<Result<void>> { co_return co_await out.write(Bytes::copy_of("half")); })
        .header("content-length", "10");
  });
  app.get<"/endless">([] {
    return Response::stream([](BodyWriter& out) -> Task<Result<void>> {
      for (;;) RONDEAU_TRY_VOID(co_await out.write(Bytes(std::string(64 * 1024, 'x'))));
    });
  });
  return app;
}

/// What the server tells of an answer of which so many bytes are read before the peer leaves; none: all of them.
std::string told(std::string path, std::size_t read) {
  return test::run([&]() -> Task<std::string> {
    MemoryServer::last_broken.clear();
    MemoryServer server(routes(), {}, [](server::Listener listener) { return listener; });
    {
      auto stream = server.dial();
      CHECK((co_await stream.write_all("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")).has_value());
      std::string all;
      std::array<std::byte, 4096> room;
      while (read == 0 || all.size() < read) {
        const auto count = co_await stream.read_some(room);
        if (!count || *count == 0) break;
        all.append(reinterpret_cast<const char*>(room.data()), *count);
      }
      CHECK((all.find("half") != std::string::npos) == (path != "/endless"));
    }
    co_await server.end();
    co_return MemoryServer::last_broken;
  });
}

}  // namespace

TEST_CASE("server: an answer whose maker fails is told of with its reason, and one whose peer leaves is not") {
  CHECK(told("/fails", 0).find("/fails: ") == 0);
  CHECK(told("/fails", 0).find("the shop left") != std::string::npos);
  CHECK(told("/short", 0) == "/short: its body ended early");
  CHECK(told("/endless", 100'000).empty());
}
