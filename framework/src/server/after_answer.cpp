#include "server/after_answer.h"

#include <cstdio>
#include <exception>
#include <utility>

#include <rondeau/response/unhandled.h>

namespace rondeau::server {
namespace {

void print_failure() noexcept {
  const std::string what = response::describe_exception(std::current_exception());
  std::fprintf(stderr, "rondeau: an exception left the work after an answer: %s\n", what.c_str());
}

task::Task<void> run(std::shared_ptr<Shared> server, std::unique_ptr<http::AfterWork> work) {
  try {
    static_cast<void>(co_await server->after_end.run_until_cancelled(work->run()));
  } catch (...) {
    print_failure();
  }
}

}  // namespace

void AfterAnswer::begin() noexcept {
  try {
    for (auto& work : std::exchange(work_, {})) {
      server_.after_answers.spawn(run(server_.shared_from_this(), std::move(work))).detach();
    }
  } catch (...) {
    print_failure();
  }
}

}  // namespace rondeau::server
