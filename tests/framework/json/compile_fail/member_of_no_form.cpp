// expects: rondeau: this member has no JSON form; make its type an aggregate or specialise rondeau::JsonFor<T>
#include <thread>
#include <vector>

#include <rondeau/json/json.h>

struct Job {
  int id;
  std::vector<std::thread> threads;
};

auto text = rondeau::json::to_string(Job{});
