#include <vector>

#include "chat_app.h"

using namespace rondeau;
using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

TEST_CASE("chat: a message reaches everybody in the room once, and who said it is told its id") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  auto bob = chat.join("kitchen", "bob");
  CHECK(next<out::Joined>(ann).name == "bob");

  ann.send(say("hello", "a1"));
  const auto heard = next<out::Message>(bob);
  CHECK(heard.id == 1);
  CHECK(heard.room == "kitchen");
  CHECK(heard.from == "ann");
  CHECK(heard.text == "hello");
  // The message and its ack come by two ways.
  bool acked = false;
  bool back = false;
  for (int i = 0; i < 2; ++i) {
    const auto event = ann.json<out::Event>();
    if (const auto* ack = event.get_if<out::Ack>()) {
      acked = ack->id == 1 && ack->client_id == "a1";
    } else if (const auto* message = event.get_if<out::Message>()) {
      back = *message == heard;
    }
  }
  CHECK(acked);
  CHECK(back);
}

TEST_CASE("chat: what is said in a room stays there") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  auto bob = chat.join("garden", "bob");
  ann.send(say("hello"));
  next<out::Message>(ann);
  bob.send(say("sunny"));
  CHECK(next<out::Message>(bob).text == "sunny");
}

TEST_CASE("chat: the wire form is one object with a type in each frame") {
  Chat chat;
  auto ann = chat.connect("kitchen", "name=ann");
  CHECK(ann.text() == R"({"type":"presence","room":"kitchen","members":["ann"],"last_id":0})");
  CHECK(ann.text() == R"({"type":"joined","room":"kitchen","name":"ann"})");
  ann.send("{\"type\":\"nonsense\"}");
  CHECK(ann.text() == R"({"type":"error","code":"bad_message"})");
  ann.send(R"({"type":"say","text":"","client_id":"7"})");
  CHECK(ann.text() == R"({"type":"error","code":"empty","client_id":"7"})");
}

TEST_CASE("chat: who comes learns who is there, and everybody learns who goes") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  {
    auto bob = chat.connect("kitchen", "name=bob");
    CHECK(next<out::Presence>(bob).members == std::vector<std::string>{"ann", "bob"});
    CHECK(next<out::Joined>(ann).name == "bob");
  }  // gone without a word
  CHECK(next<out::Left>(ann).name == "bob");
  auto eve = chat.join("kitchen", "eve");
  CHECK(next<out::Joined>(ann).name == "eve");
  eve.send(R"({"type":"leave"})");
  CHECK(closing_of(eve) == CloseCode::Normal);
  CHECK(next<out::Left>(ann).name == "eve");
}

TEST_CASE("chat: a name is there as long as one of its connections is") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  {
    auto first = chat.join("kitchen", "bob");
    CHECK(next<out::Joined>(ann).name == "bob");
    {
      auto second = chat.connect("kitchen", "name=bob");
      CHECK(next<out::Presence>(second).members == std::vector<std::string>{"ann", "bob"});
    }
    chat.app().settle();
    ann.send(say("still here?"));
    CHECK(next<out::Message>(first).text == "still here?");
    next<out::Message>(ann);
    next<out::Ack>(ann);
  }
  CHECK(next<out::Left>(ann).name == "bob");
}

TEST_CASE("chat: typing is told to the others, at most every 3 s") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  auto bob = chat.join("kitchen", "bob");
  next<out::Joined>(ann);
  const auto type = [&] {
    ann.send(R"({"type":"typing"})");
    chat.app().settle();
  };
  type();
  type();
  chat.app().advance(2999ms);
  type();
  chat.app().advance(1ms);
  type();
  ann.send(say("done"));
  CHECK(next<out::Typing>(bob).name == "ann");
  CHECK(next<out::Typing>(bob).name == "ann");
  CHECK(next<out::Message>(bob).text == "done");
  // Not to who types.
  CHECK(next<out::Message>(ann).text == "done");
  CHECK(chat.counts().unannounced.value() == 2);
}

TEST_CASE("chat: who comes back gets what it does not know yet, each message once") {
  Chat chat;
  for (int i = 1; i <= 250; ++i) CHECK(chat.post("kitchen", std::to_string(i)).status() == StatusCode::Created);
  struct {
    const char* after;
    std::int64_t first;
  } const cases[] = {{"0", 1}, {"100", 101}, {"249", 250}, {"250", 251}, {"9000", 251}};  // beyond the end is the end
  for (const auto& [after, first] : cases) {
    CAPTURE(first);
    auto ann = chat.connect("kitchen", std::string("name=ann&after=") + after);
    CHECK(next<out::Presence>(ann).last_id == 250);
    for (std::int64_t id = first; id <= 250; ++id) CHECK(next<out::Message>(ann).id == id);
    CHECK(next<out::Joined>(ann).name == "ann");
    ann.send(R"({"type":"leave"})");
    CHECK(closing_of(ann) == CloseCode::Normal);
    chat.app().settle();
  }
}
