// Uses the runtime alone.
#include <chrono>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

using namespace std::chrono_literals;

namespace {

rondeau::Task<int> answer() {
  co_await rondeau::sleep_for(1ms);
  co_return 42;
}

rondeau::Task<int> ask() {
  auto answered = co_await rondeau::spawn(answer());
  co_return answered && *answered == 42 ? 0 : 1;
}

}  // namespace

int main() {
  return rondeau::run(ask());
}
