// expects: rondeau: a form or query is a struct whose members are the names of its pairs
#include <rondeau/client/form.h>
using namespace rondeau;

int main() {
  static_cast<void>(client::form_text(7));
}
