#include "chat_app.h"

using namespace rondeau;
using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

TEST_CASE("chat: a ping goes out every 20 s, and who misses two is gone after a minute") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  auto bob = chat.join("kitchen", "bob");
  next<out::Joined>(ann);
  bob.answer_pings(false);
  const Instant begun = chat.app().now();
  CHECK(next<out::Left>(ann).name == "bob");
  CHECK(chat.app().now() - begun >= 59s);
  CHECK(chat.app().now() - begun <= 61s);
  CHECK(ann.pings() >= 2);
}

TEST_CASE("chat: who says nothing for 30 minutes is closed with 1000") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  const Instant begun = chat.app().now();
  CHECK(closing_of(ann) == CloseCode::Normal);
  CHECK(ann.close_reason()->reason == "idle for 30 minutes");
  CHECK(chat.app().now() - begun >= 30min);
  CHECK(chat.app().now() - begun < 31min);
}

TEST_CASE("chat: a word begins the 30 minutes anew") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  for (const char* word : {R"({"type":"typing"})", "nonsense", R"({"type":"typing"})"}) {
    // It answers pings meanwhile, or it would be given up.
    const Instant then = chat.app().now() + 29min;
    while (chat.app().now() < then) CHECK_THROWS(static_cast<void>(ann.recv(10s)));
    ann.send(word);
    if (std::string_view(word) == "nonsense") next<out::Error>(ann);
  }
  CHECK(closing_of(ann) == CloseCode::Normal);
}

TEST_CASE("chat: a drain closes members with 1001") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  chat.app().begin_drain();
  CHECK(closing_of(ann) == CloseCode::GoingAway);
}

TEST_CASE("chat: without its database the service says so and goes on") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  chat.close_database();
  ann.send(say("hello", "1"));
  CHECK(next<out::Error>(ann).code == "unavailable");
  CHECK(chat.post("kitchen", "hello").status() == StatusCode::ServiceUnavailable);
  auto bob = chat.connect("garden", "name=bob");
  CHECK(closing_of(bob) == CloseCode::InternalError);
  ann.send(R"({"type":"leave"})");
  CHECK(closing_of(ann) == CloseCode::Normal);
}
