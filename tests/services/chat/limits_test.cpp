#include "chat_app.h"
#include "message_rate.h"

using namespace rondeau;
using namespace chat;
using namespace chat::test;
using namespace std::chrono_literals;

TEST_CASE("chat: 20 messages in any 10 s, three warnings, and then it is over") {
  using Verdict = MessageRate::Verdict;
  struct {
    Duration at;
    int messages;
    Verdict verdict;
  } const steps[] =
      {
          {0s, 10, Verdict::Allowed},   {5s, 10, Verdict::Allowed},  {9s, 1, Verdict::Warned},
          {10s, 10, Verdict::Allowed},  {10s, 1, Verdict::Warned},   {15s, 10, Verdict::Allowed},
          {15s, 1, Verdict::Warned},    {74s, 20, Verdict::Allowed}, {74s, 1, Verdict::Over},
          {133s, 20, Verdict::Allowed}, {134s, 3, Verdict::Warned},  // a minute makes up for those before
          {134s, 1, Verdict::Over},
      };
  MessageRate rate;
  const Instant begun = Instant::now();
  for (const auto& [at, messages, verdict] : steps) {
    CAPTURE(at.count());
    for (int i = 0; i < messages; ++i) CHECK(rate.judge(begun + at) == verdict);
  }
}

TEST_CASE("chat: a member that says too much is warned thrice and closed with 1008") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  for (int i = 0; i < 24; ++i) ann.send(say("x", std::to_string(i)));
  int acks = 0;
  int messages = 0;
  std::vector<std::string> refused;
  while (auto frame = ann.recv()) {
    const auto event = json::parse<out::Event>(frame->view()).value();
    acks += event.get_if<out::Ack>() != nullptr;
    messages += event.get_if<out::Message>() != nullptr;
    if (const auto* error = event.get_if<out::Error>()) {
      CHECK(error->code == "rate_limited");
      refused.push_back(error->client_id.value_or("none"));
    }
  }
  CHECK(acks == 20);
  CHECK(messages == 20);
  CHECK(refused == std::vector<std::string>{"20", "21", "22"});
  CHECK(ann.close_reason()->code == CloseCode::PolicyViolation);
  CHECK(chat.counts().refused.value() == 4);
}

TEST_CASE("chat: nonsense counts as messages do") {
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  for (int i = 0; i < 24; ++i) ann.send("nonsense");
  CHECK(closing_of(ann) == CloseCode::PolicyViolation);
}

TEST_CASE("chat: what no message may be") {
  struct {
    std::string frame;
    const char* code;
  } const cases[] = {
      {"", "bad_message"},
      {"[]", "bad_message"},
      {R"({"type":"say"})", "bad_message"},
      {R"({"type":"say","text":7})", "bad_message"},
      {R"({"text":"no type"})", "bad_message"},
      {R"({"type":"ack","id":1})", "bad_message"},
      {say(""), "empty"},
      {say(std::string(4097, 'x')), "too_long"},
      {say("x", std::string(65, 'x')), "bad_client_id"},
  };
  Chat chat;
  auto ann = chat.join("kitchen", "ann");
  for (const auto& [frame, code] : cases) {
    ann.send(frame);
    CHECK(next<out::Error>(ann).code == code);
  }
  const std::string longest(4096, 'x');
  ann.send(say(longest, std::string(64, 'x')));
  CHECK(next<out::Message>(ann).text == longest);
}

TEST_CASE("chat: frames that close the connection") {
  Chat chat;
  auto binary = chat.join("kitchen", "ann");
  binary.send(websocket::Message::binary(Bytes(std::string("x"))));
  CHECK(closing_of(binary) == CloseCode::Unsupported);
  auto huge = chat.join("kitchen", "bob");
  huge.send(std::string(kMostFrame + 1, 'x'));
  CHECK(closing_of(huge) == CloseCode::TooBig);
}

TEST_CASE("chat: a room that is full sends away, and so does a service") {
  Chat chat({.limits = {.rooms = 2, .members = 2}, .connections = 4});
  auto ann = chat.join("kitchen", "ann");
  auto bob = chat.join("kitchen", "bob");
  auto eve = chat.connect("kitchen", "name=eve");
  CHECK(closing_of(eve) == CloseCode::TryAgainLater);
  CHECK(eve.close_reason()->reason == "the room is full");
  auto garden = chat.join("garden", "eve");
  auto cellar = chat.connect("cellar", "name=joe");
  CHECK(closing_of(cellar) == CloseCode::TryAgainLater);
  CHECK(cellar.close_reason()->reason == "too busy");
  auto fourth = chat.join("garden", "joe");
  auto fifth = chat.connect("garden", "name=jim");
  CHECK(closing_of(fifth) == CloseCode::TryAgainLater);
  CHECK(fifth.close_reason()->reason == "too many connections");
  CHECK(chat.counts().connections.value() == 4);
}

TEST_CASE("chat: a name is 1 to 32 characters, a room's up to 64 of a few") {
  struct {
    std::string target;
    StatusCode status;
  } const cases[] = {
      {"/rooms/kitchen/ws", StatusCode::BadRequest},
      {"/rooms/kitchen/ws?name=", StatusCode::BadRequest},
      {"/rooms/kitchen/ws?name=%01", StatusCode::BadRequest},
      {"/rooms/kitchen/ws?name=%ff", StatusCode::BadRequest},
      {"/rooms/kitchen/ws?name=" + std::string(33, 'x'), StatusCode::BadRequest},
      {"/rooms/kitchen/ws?name=ann&after=-1", StatusCode::BadRequest},
      {"/rooms/a%20b/ws?name=ann", StatusCode::BadRequest},
      {"/rooms/" + std::string(65, 'x') + "/ws?name=ann", StatusCode::BadRequest},
      {"/rooms/kitchen/ws?name=ann", StatusCode::UpgradeRequired},
  };
  Chat chat;
  for (const auto& [target, status] : cases) {
    CAPTURE(target);
    auto request = chat.app().get(target);
    if (status != StatusCode::UpgradeRequired) {
      request.header("connection", "upgrade").header("upgrade", "websocket").header("sec-websocket-version", "13");
      request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    }
    CHECK(request.send().status() == status);
  }
  auto umlauts = chat.connect(
      std::string(64, 'x'), "name=" + [] {
        std::string name;
        for (int i = 0; i < 32; ++i) name += "%C3%A4";
        return name;
      }());
  CHECK(next<out::Presence>(umlauts).members.front().size() == 64);
}
