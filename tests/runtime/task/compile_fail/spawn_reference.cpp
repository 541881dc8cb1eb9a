// expects: rondeau: this function takes a reference, and spawn gives it values of its own: let it take the argument by value, or say std::ref(argument)
#include <string>

#include <rondeau/task/spawn.h>

rondeau::Task<void> greets(std::string& name);

rondeau::Task<void> waits() {
  std::string name = "anna";
  auto handle = rondeau::spawn(greets, name);
  static_cast<void>(co_await handle);
}
