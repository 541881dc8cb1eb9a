// expects: rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>
#include <rondeau/rondeau.h>
using namespace rondeau;

class Sealed {
 public:
  explicit Sealed(int value) : value_(value) {}

 private:
  int value_;
};

int main() {
  Router<> router;
  router.post<"/u">([](Json<Sealed>) { return "x"; });
}
