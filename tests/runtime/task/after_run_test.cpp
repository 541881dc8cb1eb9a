#include <rondeau/task/after_run.h>

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>

using namespace rondeau;

namespace {

class Note final : public task::AfterRun {
 public:
  Note(std::string& log, char letter) : log_(log), letter_(letter) {}
  void at_rest() noexcept override { log_ += letter_; }

 private:
  std::string& log_;
  char letter_;
};

template <class Body>
void run(Body body) {
  runtime::Builder::current_thread().build().value().block_on(std::move(body));
}

}  // namespace

TEST_CASE("after_run: it is called when the task comes to rest, once, and before other tasks run") {
  std::string log;
  run([&]() -> Task<void> {
    Note note(log, 'n');
    auto other = spawn([&]() -> Task<void> {
      log += 'o';
      co_return;
    });
    task::after_run(note);
    task::after_run(note);
    log += 'a';
    co_await yield_now();
    log += 'b';
    co_await yield_now();
    log += 'c';
    static_cast<void>(co_await other);
  });
  CHECK(log == "anobc");
}

TEST_CASE("after_run: what is destroyed before is not called") {
  std::string log;
  run([&]() -> Task<void> {
    Note stays(log, 's');
    auto goes = std::make_unique<Note>(log, 'g');
    task::after_run(stays);
    task::after_run(*goes);
    goes.reset();
    co_await yield_now();
  });
  CHECK(log == "s");
}

TEST_CASE("after_run: it is called for a task that ends, before its frame is gone") {
  std::string log;
  run([&]() -> Task<void> {
    auto note = std::make_shared<Note>(log, 'n');
    auto ending = spawn([note]() -> Task<void> {
      task::after_run(*note);
      co_return;
    });
    note.reset();
    static_cast<void>(co_await ending);
  });
  CHECK(log == "n");
}
