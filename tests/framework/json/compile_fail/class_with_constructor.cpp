// expects: rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>
#include <string>

#include <rondeau/json/json.h>

class Account {
 public:
  explicit Account(int id) : id_(id) {}

 private:
  int id_;
};

auto text = rondeau::json::to_string(Account(1));
