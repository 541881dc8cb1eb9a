#include "chat_app.h"

using namespace rondeau;
using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

namespace {

std::string rooms(Chat& chat) {
  return chat.app().get("/rooms").send().body();
}

}  // namespace

TEST_CASE("chat: an empty room ends after 60 s, and its history does not") {
  Chat chat;
  {
    auto ann = chat.join("kitchen", "ann");
    ann.send(say("one"));
    next<out::Message>(ann);
    chat.app().settle();
    CHECK(rooms(chat) == R"({"rooms":[{"room":"kitchen","members":1,"last_id":1}]})");
    CHECK(chat.counts().rooms.value() == 1);
  }
  chat.app().settle();
  CHECK(rooms(chat) == R"({"rooms":[{"room":"kitchen","members":0,"last_id":1}]})");
  chat.app().advance(59s);
  CHECK(rooms(chat) == R"({"rooms":[{"room":"kitchen","members":0,"last_id":1}]})");
  chat.app().advance(2s);
  CHECK(rooms(chat) == R"({"rooms":[]})");
  CHECK(chat.counts().rooms.value() == 0);

  auto ann = chat.connect("kitchen", "name=ann&after=0");
  CHECK(next<out::Presence>(ann).last_id == 1);
  CHECK(next<out::Message>(ann).text == "one");
  next<out::Joined>(ann);
  ann.send(say("two"));
  CHECK(next<out::Message>(ann).id == 2);
}

TEST_CASE("chat: a room with a member does not end") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  for (int i = 0; i < 10; ++i) CHECK_THROWS(static_cast<void>(ann.recv(30s)));
  CHECK(rooms(chat) == R"({"rooms":[{"room":"kitchen","members":1,"last_id":0}]})");
}

TEST_CASE("chat: what bots say opens a room, and its time begins anew with each") {
  Chat chat;
  CHECK(chat.post("kitchen", "one").status() == StatusCode::Created);
  chat.app().advance(40s);
  CHECK(chat.post("kitchen", "two").status() == StatusCode::Created);
  chat.app().advance(40s);
  CHECK(rooms(chat) == R"({"rooms":[{"room":"kitchen","members":0,"last_id":2}]})");
  chat.app().advance(21s);
  CHECK(rooms(chat) == R"({"rooms":[]})");
}

TEST_CASE("chat: 10 rooms open and end while others stay") {
  Chat chat;
  auto ann = chat.join("r0", "ann");
  for (int i = 1; i < 10; ++i) {
    auto guest = chat.join("r" + std::to_string(i), "guest");
    guest.send(R"({"type":"leave"})");
    CHECK(closing_of(guest) == CloseCode::Normal);
  }
  CHECK(chat.counts().rooms.value() == 10);
  for (int i = 0; i < 7; ++i) CHECK_THROWS(static_cast<void>(ann.recv(10s)));
  CHECK(chat.counts().rooms.value() == 1);
}
