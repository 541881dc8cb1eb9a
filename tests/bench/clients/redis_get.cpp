// What a GET costs this client, beside redis-benchmark: redis_get [ROUNDS] starts a server of its own.
//
// By turns: redis-benchmark with 16 connections of 16 commands each, and 256 tasks over one connection of ours, one
// worker; then one task alone. Prints the CPU of the client for each GET, the least of the rounds.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <rondeau/redis/client.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/join_set.h>

#include "support/redis_server.h"

using namespace rondeau;

namespace {

constexpr int kManyGets = 400'000;
constexpr int kFewGets = 20'000;

/// Microseconds of user and system time.
double cpu(int whose) {
  rusage usage{};
  ::getrusage(whose, &usage);
  const auto microseconds = [](const timeval& time) { return double(time.tv_sec) * 1e6 + double(time.tv_usec); };
  return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

double reference(const std::string& port) {
  const double before = cpu(RUSAGE_CHILDREN);
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(std::freopen("/dev/null", "w", stdout));
    const std::string count = std::to_string(kManyGets);
    ::execlp("redis-benchmark", "redis-benchmark", "-h", "127.0.0.1", "-p", port.c_str(), "-t", "get", "-n", count.c_str(), "-c", "16",
             "-P", "16", "-q", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) std::exit(1);
  return (cpu(RUSAGE_CHILDREN) - before) / kManyGets;
}

Task<void> gets(redis::Client client, int count) {
  for (int i = 0; i < count; ++i) {
    const auto value = co_await client.command<std::string>("GET", "key:__rand_int__");
    if (!value) std::exit(1);
  }
}

Task<double> ours(std::string url, int tasks, int count) {
  const redis::Client client = redis::Client::open(url).value();
  static_cast<void>(co_await client.command<void>("SET", "key:__rand_int__", "xxx"));
  const double before = cpu(RUSAGE_SELF);
  JoinSet<void> all;
  for (int i = 0; i < tasks; ++i) all.spawn(gets(client, count / tasks));
  while (co_await all.join_next()) {
  }
  co_return (cpu(RUSAGE_SELF) - before) / count;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
  const support::RedisServer server;
  auto runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
  double theirs = 1e9;
  double many = 1e9;
  double one = 1e9;
  for (int round = 0; round < rounds; ++round) {
    theirs = std::min(theirs, reference(std::to_string(server.port())));
    many = std::min(many, runtime.block_on(ours(server.url(), 256, kManyGets)));
    one = std::min(one, runtime.block_on(ours(server.url(), 1, kFewGets)));
  }
  std::printf("redis-benchmark -P 16   %.3f us\n256 tasks, 1 connection %.3f us   %.2f of its GETs for each CPU second\n",
              theirs, many, theirs / many);
  std::printf("1 task                  %.3f us\n", one);
}
