#include "chat_app.h"

using namespace rondeau;
using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

namespace {

struct Page {
  std::string room;
  std::vector<out::Message> messages;
};

std::vector<std::int64_t> ids(Chat& chat, const std::string& query) {
  const auto answer = chat.app().get("/rooms/kitchen/messages" + query).send();
  REQUIRE(answer.status() == StatusCode::Ok);
  const Page page = json::parse<Page>(answer.body()).value();
  std::vector<std::int64_t> ids;
  for (const out::Message& message : page.messages) ids.push_back(message.id);
  return ids;
}

}  // namespace

TEST_CASE("chat: history comes in pages, the last one first, the oldest message first in each") {
  Chat chat;
  CHECK(ids(chat, "").empty());
  for (int i = 1; i <= 120; ++i) CHECK(chat.post("kitchen", std::to_string(i)).status() == StatusCode::Created);
  const auto last = ids(chat, "");
  CHECK(last.size() == 50);
  CHECK(last.front() == 71);
  CHECK(last.back() == 120);
  CHECK(ids(chat, "?before=71&limit=3") == std::vector<std::int64_t>{68, 69, 70});
  CHECK(ids(chat, "?before=3") == std::vector<std::int64_t>{1, 2});
  CHECK(ids(chat, "?before=1").empty());
  CHECK(ids(chat, "?limit=100").front() == 21);
  for (const char* query : {"?limit=0", "?limit=101", "?before=0", "?before=x"}) {
    CHECK(chat.app().get(std::string("/rooms/kitchen/messages") + query).send().status() == StatusCode::BadRequest);
  }
}

TEST_CASE("chat: bots post without joining") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  const auto answer = chat.app()
                          .post("/rooms/kitchen/messages")
                          .header("content-type", "application/json")
                          .body(R"({"from":"ci","text":"green"})")
                          .send();
  CHECK(answer.status() == StatusCode::Created);
  CHECK(answer.headers().get("location") == "/rooms/kitchen/messages?limit=1&before=2");
  const auto stored = json::parse<out::Message>(answer.body()).value();
  CHECK(next<out::Message>(ann) == stored);
  CHECK(stored.from == "ci");
  CHECK(chat.post("kitchen", "no name").status() == StatusCode::Created);
  CHECK(next<out::Message>(ann).from == "bot");
}

TEST_CASE("chat: what bots must not post") {
  struct {
    std::string body;
    StatusCode status;
  } const cases[] = {
      {"", StatusCode::BadRequest},
      {"{", StatusCode::BadRequest},
      {"{}", StatusCode::UnprocessableContent},
      {R"({"text":""})", StatusCode::UnprocessableContent},
      {R"({"text":")" + std::string(4097, 'x') + "\"}", StatusCode::UnprocessableContent},
      {R"({"text":"x","from":""})", StatusCode::UnprocessableContent},
      {R"({"text":"x","from":"a\nb"})", StatusCode::UnprocessableContent},
  };
  Chat chat;
  for (const auto& [body, status] : cases) {
    CAPTURE(body);
    const auto answer =
        chat.app().post("/rooms/kitchen/messages").header("content-type", "application/json").body(body).send();
    CHECK(answer.status() == status);
    CHECK(answer.headers().get("content-type") == "application/problem+json");
  }
}

TEST_CASE("chat: presence tells who is there and opens no room") {
  Chat chat;
  CHECK(chat.app().get("/rooms/kitchen/presence").send().body() == R"({"room":"kitchen","members":[],"last_id":0})");
  CHECK(chat.counts().rooms.value() == 0);
  auto bob = chat.join("kitchen", "bob");
  auto ann = chat.join("kitchen", "ann");
  CHECK(chat.app().get("/rooms/kitchen/presence").send().body() ==
        R"({"room":"kitchen","members":["ann","bob"],"last_id":0})");
}
