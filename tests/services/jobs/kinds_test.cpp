#include "desk.h"

#include <nlohmann/json.hpp>

#include <rondeau/coding/coding.h>
#include <rondeau/text/base64.h>

#include "kinds/webhook.h"

namespace jobs::test {
namespace {

using namespace std::chrono_literals;
using namespace rondeau;

TEST_CASE("kinds: hash is SHA-256 of so many MiB of zeros") {
  Desk desk("sqlite::memory:", Clock::Real, EngineOptions{.worker = "here"});
  const std::string id = desk.add(R"({"kind":"hash","payload":{"mib":2}})");
  // head -c 2M /dev/zero | sha256sum
  CHECK((*desk.wait_for(id, JobState::succeeded).result)["sha256"] ==
        "5647f05ec18958947d32874eeb788fa396a05d0bab7c1b71f112ceb7e9b31eee");
}

TEST_CASE("kinds: compress is gzip, of a text or of what is made up") {
  if (!coding::is_available(Coding::Gzip)) return;
  Desk desk("sqlite::memory:", Clock::Real, EngineOptions{.worker = "here"});
  const std::string made_up = desk.add(R"({"kind":"compress","payload":{"mib":1}})");
  const std::string given = desk.add(R"({"kind":"compress","payload":{"text":"short"}})");
  const Document result = *desk.wait_for(made_up, JobState::succeeded).result;
  CHECK(result["bytes_in"] == 1 << 20);
  CHECK(result["bytes_out"] > 1000);
  CHECK(result["bytes_out"] < 1 << 19);
  const Document short_one = *desk.wait_for(given, JobState::succeeded).result;
  const std::string bytes = rondeau::text::base64_decode(short_one["gzip"].get<std::string>()).value();
  CHECK(bytes.substr(0, 2) == "\x1f\x8b");
  CHECK(short_one["bytes_out"] == bytes.size());
}

TEST_CASE("kinds: a webhook is signed as Standard Webhooks has it") {
  // The example of its specification's libraries.
  const std::string key = rondeau::text::base64_decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
  CHECK(webhook_signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

Webhooks webhooks(std::vector<std::string> hosts) {
  return Webhooks::make({Secret<std::string>("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), std::move(hosts)}).value();
}

TEST_CASE("kinds: a webhook goes to hosts of the list alone") {
  const Webhooks hooks = webhooks({"Hooks.example.org", "*.example.net"});
  for (const char* good : {"https://hooks.example.org/x", "http://HOOKS.example.org.:8080/", "https://a.example.net/",
                           "https://a.b.example.net/"}) {
    CAPTURE(good);
    CHECK(hooks.allows(good));
  }
  for (const char* bad :
       {"https://example.org/", "https://a.hooks.example.org/", "https://example.net/", "https://evilexample.net/",
        "https://hooks.example.org@evil.org/", "ftp://hooks.example.org/", "https://evil.org/?hooks.example.org", ""}) {
    CAPTURE(bad);
    CHECK_FALSE(hooks.allows(bad));
  }
}

TEST_CASE("kinds: a webhook to a private address is refused whatever the name, and for good") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
  runtime.block_on([]() -> Task<void> {
    for (const char* host : {"localhost", "127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254"}) {
      CAPTURE(host);
      const Webhooks hooks = webhooks({host});
      const Ran ran = co_await hooks.send("id", {"http://" + std::string(host) + ":9/", std::nullopt});
      REQUIRE_FALSE(ran.has_value());
      CAPTURE(ran.error().message);
      CHECK(ran.error().is_final);
    }
  });
}

TEST_CASE("kinds: a secret that is too short is refused") {
  CHECK_FALSE(Webhooks::make({Secret<std::string>("short"), {}}).has_value());
  CHECK_FALSE(Webhooks::make({Secret<std::string>("whsec_%%%"), {}}).has_value());
}

}  // namespace
}  // namespace jobs::test
