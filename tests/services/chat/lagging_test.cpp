#include "chat_app.h"

using namespace rondeau;
using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

TEST_CASE("chat: who reads too slowly is told so, and misses nothing") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  auto bob = chat.join("kitchen", "bob");
  next<out::Joined>(ann);
  constexpr int kMessages = 1500;
  const std::string text(1024, 'x');
  // bob does not read: its connection takes a few hundred of them, and the room keeps 256.
  for (int i = 1; i <= kMessages; ++i) {
    CHECK(chat.post("kitchen", text).status() == StatusCode::Created);
    CHECK(next<out::Message>(ann).id == i);
  }
  std::int64_t last = 0;
  std::int64_t missed = 0;
  while (last < kMessages) {
    const auto event = bob.json<out::Event>();
    if (const auto* lagged = event.get_if<out::Lagged>()) {
      CHECK(lagged->missed > 0);
      missed += lagged->missed;
    } else if (const auto* message = event.get_if<out::Message>()) {
      CHECK(message->id == ++last);
    }
  }
  CHECK(missed > kMessages / 3);
  CHECK(missed < kMessages);
  CHECK(static_cast<std::int64_t>(chat.counts().missed.value()) == missed);
  ann.send(say("are you there?"));
  // Who lagged learns anew who is there; after that it goes on as before.
  CHECK(next<out::Presence>(bob).members == std::vector<std::string>{"ann", "bob"});
  CHECK(next<out::Message>(bob).text == "are you there?");
}

TEST_CASE("chat: what is not kept any more is not passed over in silence") {
  Chat chat({.keep = 10});
  for (int i = 1; i <= 30; ++i) CHECK(chat.post("kitchen", std::to_string(i)).status() == StatusCode::Created);
  auto ann = chat.connect("kitchen", "name=ann&after=5");
  CHECK(next<out::Presence>(ann).last_id == 30);
  CHECK(next<out::Error>(ann).code == "history_gone");
  for (int id = 21; id <= 30; ++id) CHECK(next<out::Message>(ann).id == id);
  CHECK(next<out::Joined>(ann).name == "ann");
}

TEST_CASE("chat: one that never reads does not hold the others up, and is given up") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  auto mute = chat.join("kitchen", "mute");
  next<out::Joined>(ann);
  const Instant begun = chat.app().now();
  for (int i = 1; i <= 1000; ++i) {
    CHECK(chat.post("kitchen", std::string(1024, 'x')).status() == StatusCode::Created);
    CHECK(next<out::Message>(ann).id == i);
  }
  // Nobody has waited for it: the clock stands where it stood.
  CHECK(chat.app().now() == begun);
  CHECK(next<out::Left>(ann).name == "mute");
  CHECK(chat.app().now() - begun <= 70s);
}
