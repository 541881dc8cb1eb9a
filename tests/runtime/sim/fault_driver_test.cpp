#include <rondeau/sim/fault_driver.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/io/read.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sim/explore.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/timeout.h>

#include "support/open_descriptors.h"

namespace {

using namespace std::chrono_literals;
using rondeau::Errc;
using rondeau::Result;
using rondeau::Task;
using rondeau::net::TcpListener;
using rondeau::net::TcpStream;
using rondeau::runtime::Builder;
namespace sim = rondeau::sim;
using sim::Fault;
using sim::FaultDriver;

Task<Result<void>> answer_on(TcpStream stream) {
  std::string question(8, '\0');
  RONDEAU_TRY_VOID(co_await stream.read_exact(std::as_writable_bytes(std::span(question))));
  const std::string answer = question + question;
  co_return co_await stream.write_all(answer);
}

/// A question and its answer over TCP; an error where a call failed.
Task<Result<std::string>> exchange() {
  RONDEAU_TRY(auto listener, TcpListener::bind("127.0.0.1:0"));
  RONDEAU_TRY(const auto address, listener.local_addr());
  RONDEAU_TRY(TcpStream near, co_await TcpStream::connect(address));
  RONDEAU_TRY(TcpStream accepted, co_await listener.accept());
  auto answering = rondeau::spawn(answer_on(std::move(accepted)));
  RONDEAU_TRY_VOID(co_await near.write_all("question"));
  std::string answer(16, '\0');
  RONDEAU_TRY_VOID(co_await near.read_exact(std::as_writable_bytes(std::span(answer))));
  static_cast<void>(co_await answering);
  co_return answer;
}

/// Empty: the runtime could not even be built.
std::optional<Result<std::string>> run_over(FaultDriver& driver, Builder builder = Builder::current_thread()) {
  auto runtime = builder.driver(driver).build();
  if (!runtime) return std::nullopt;
  return runtime->block_on(exchange);
}

}  // namespace

TEST_CASE("TE4: each call of a scenario fails in turn, with any errno: at most that exchange fails, nothing is left") {
  const auto before = support::open_descriptors();
  for (const int error : {EIO, ENOMEM, ECONNRESET, EMFILE, EAGAIN, EINTR}) {
    std::uint64_t n = 1;
    for (;; ++n) {
      FaultDriver driver(rondeau::base::kernel_driver(), sim::nth_call(n, Fault::error(error)));
      const auto answer = run_over(driver);
      const bool whole = answer && *answer && **answer == "questionquestion";
      if (!driver.touched() && driver.calls() < n) {
        CHECK(whole);
        break;
      }
      if (error == EAGAIN || error == EINTR) CHECK(whole);
      if (answer && *answer) CHECK(whole);
      REQUIRE(n < 200);
    }
    CHECK(n > 10);
  }
  CHECK(support::open_descriptors() == before);
}

TEST_CASE("TE4: short reads and writes down to a byte lose nothing and hang nobody, over the kernel") {
  const std::string text(5000, 'x');
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    FaultDriver driver(rondeau::base::kernel_driver(), sim::short_calls(0.5, seed));
    auto runtime = (seed % 2 == 0 ? Builder::current_thread() : Builder::multi_thread().worker_threads(2))
                       .driver(driver)
                       .build()
                       .value();
    const std::string got = runtime.block_on([&]() -> Task<std::string> {
      auto listener = TcpListener::bind("127.0.0.1:0").value();
      auto near = (co_await TcpStream::connect(listener.local_addr().value())).value();
      auto far = (co_await listener.accept()).value();
      auto writing = rondeau::spawn([&]() -> Task<void> {
        static_cast<void>(co_await near.write_all(text));
        static_cast<void>(co_await near.shutdown());
      });
      std::string all;
      static_cast<void>(co_await rondeau::io::read_to_string(far, all, 1 << 20));
      static_cast<void>(co_await writing);
      co_return all;
    });
    CHECK(got == text);
    CHECK(driver.touched());
  }
}

TEST_CASE("TE4: short reads and writes over the simulation, on top of its own") {
  sim::Options options;
  options.wrap_driver = [](rondeau::base::Driver& inner) {
    return std::make_unique<FaultDriver>(inner, sim::short_calls(0.3, 7));
  };
  const auto explored = sim::explore({.seeds = 30, .from_environment = false, .options = options}, [](sim::Runtime& world) {
    world.client("main", []() -> Task<void> {
      if ((co_await exchange()).value() != "questionquestion") throw std::runtime_error("a wrong answer");
    });
  });
  CHECK_MESSAGE(!explored.failure, explored.failure->text);
}

TEST_CASE("TE4: each call of a scenario fails in turn over the simulation") {
  std::uint64_t n = 1;
  for (bool touched = true; touched; ++n) {
    FaultDriver* driver = nullptr;
    sim::Options options{.faults = sim::Faults::none()};
    options.wrap_driver = [&](rondeau::base::Driver& inner) {
      auto made = std::make_unique<FaultDriver>(inner, sim::nth_call(n, Fault::error(EIO)));
      driver = made.get();
      return made;
    };
    sim::Runtime world(n, options);
    bool whole = false;
    world.client("main", [&]() -> Task<void> {
      auto answer = co_await rondeau::timeout(10s, exchange());
      whole = answer && *answer == "questionquestion";
    });
    const auto failure = world.run();
    touched = driver->touched() || driver->calls() >= n;
    if (!touched) CHECK(whole);
    if (failure) CHECK(failure->problem.find("can't be started") != std::string::npos);
    REQUIRE(n < 200);
  }
  CHECK(n > 10);
}

TEST_CASE("TE4: a planned reset is seen once, then the connection is closed; the other side sees the end") {
  FaultDriver driver(rondeau::base::kernel_driver(), sim::nth_call_of(sim::Call::Receive, 1, Fault::reset()));
  auto runtime = Builder::current_thread().driver(driver).build().value();
  runtime.block_on([]() -> Task<void> {
    auto listener = TcpListener::bind("127.0.0.1:0").value();
    auto near = (co_await TcpStream::connect(listener.local_addr().value())).value();
    auto far = (co_await listener.accept()).value();
    CHECK((co_await near.write_all("x")));
    std::byte buffer[1];
    CHECK((co_await far.read_some(buffer)).error() == Errc::ConnectionReset);
    CHECK((co_await far.read_some(buffer)).value() == 0);
    CHECK((co_await far.write_all("x")).error() == Errc::BrokenPipe);
    CHECK((co_await near.read_some(buffer)).value() == 0);
  });
  CHECK(driver.touched());
}

TEST_CASE("TE4: plans count the calls they are told to count") {
  sim::FaultPlan second_send = sim::nth_call_of(sim::Call::Send, 2, Fault::error(EIO));
  CHECK(second_send(sim::Call::Send, 1).kind() == Fault::Kind::None);
  CHECK(second_send(sim::Call::Receive, 2).kind() == Fault::Kind::None);
  CHECK(second_send(sim::Call::Send, 3).kind() == Fault::Kind::Error);
  CHECK(second_send(sim::Call::Send, 4).kind() == Fault::Kind::None);
  CHECK(Fault::error(EAGAIN).kind() == Fault::Kind::WouldBlock);
  CHECK(Fault::error(EINTR).kind() == Fault::Kind::None);
}
