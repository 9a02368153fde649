#include "mobanon.h"
void consent_init(void) {}
