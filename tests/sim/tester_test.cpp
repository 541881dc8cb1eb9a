// The tester is tested: bugs that only some interleavings show are planted, and must be found within the everyday budget.
#include <deque>
#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include <rondeau/sync/notify.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/yield_now.h>

#include "calls.h"

namespace {

using namespace programs;

enum class Wakes { Always, OnlyWhenEmpty };

/// A channel made by hand. The faulty one wakes only who sends into an empty queue: of two receivers that wait, the
/// second is forgotten where two values come before the first one has run.
class Channel {
 public:
  explicit Channel(Wakes wakes) : wakes_(wakes) {}
  void send(int value) {
    const bool was_empty = values_.empty();
    values_.push_back(value);
    if (wakes_ == Wakes::Always || was_empty) came_.notify_one();
  }
  Task<int> receive() {
    while (values_.empty()) co_await came_.notified();
    const int value = values_.front();
    values_.pop_front();
    co_return value;
  }

 private:
  const Wakes wakes_;
  std::deque<int> values_;
  rondeau::sync::Notify came_;
};

std::optional<sim::Failure> explore_channel(Wakes wakes) {
  return sim::explore({.seeds = 100, .from_environment = false}, [wakes](sim::Runtime& world) {
           world.client("client", [wakes]() -> Task<void> {
             auto channel = std::make_shared<Channel>(wakes);
             rondeau::JoinSet<int> received;
             for (int i = 0; i < 2; ++i) received.spawn([channel] { return channel->receive(); });
             for (int i = 0; i < 2; ++i) {
               rondeau::spawn([channel, i]() -> Task<void> {
                 co_await rondeau::sleep_for(1ms);
                 channel->send(i);
               }).detach();
             }
             while (co_await received.join_next()) {
             }
           });
         })
      .failure;
}

/// Asks the network: a reader that takes what one read gives for the whole message.
std::optional<sim::Failure> explore_reader(bool whole) {
  return sim::explore({.seeds = 100, .from_environment = false}, [whole](sim::Runtime& world) {
           world.host("server", []() -> Task<void> {
             TcpListener listener = TcpListener::bind("0.0.0.0:7").value();
             for (;;) {
               TcpStream stream = (co_await listener.accept()).value();
               static_cast<void>(co_await stream.write_all("a message"));
               static_cast<void>(co_await stream.shutdown());
               std::byte buffer[1];
               static_cast<void>(co_await stream.read_some(buffer));
             }
           });
           world.client("client", [whole]() -> Task<void> {
             TcpStream stream = (co_await TcpStream::connect("server", 7)).value();
             std::string text(9, '\0');
             const auto room = std::as_writable_bytes(std::span(text));
             if (whole) {
               static_cast<void>(co_await stream.read_exact(room));
             } else {
               static_cast<void>(co_await stream.read_some(room));
             }
             if (text != "a message") throw std::runtime_error("half a message");
           });
         })
      .failure;
}

}  // namespace

TEST_CASE("TE4: sim: a channel that forgets to wake is found, and the failure names who waits; the sound one is not") {
  const auto failure = explore_channel(Wakes::OnlyWhenEmpty);
  REQUIRE(failure);
  CHECK(failure->problem == "nothing is runnable and nothing is to come, but \"client\" has not ended");
  CHECK(failure->text.find("receive at tester_test.cpp") != std::string::npos);
  CHECK(failure->text.find("replay: RONDEAU_SEED=" + std::to_string(failure->seed)) != std::string::npos);
  CHECK(!explore_channel(Wakes::Always));
}

TEST_CASE("TE4: sim: a reader that takes a part for the whole is found; the sound one is not") {
  const auto failure = explore_reader(false);
  REQUIRE(failure);
  CHECK(failure->problem.find("half a message") != std::string::npos);
  CHECK(!explore_reader(true));
}
