/*
 * mercator.c
 *		The square of web maps (spherical Mercator, EPSG:3857), as fractions of
 *		its side: x from 180 W eastwards, y from the northern limit southwards.
 *
 * Method: EPSG Guidance Note 7-2, EPSG:1024, scaled as in Microsoft's "Bing
 * Maps Tile System".
 */
#include "cell.h"

#include <math.h>

#define PI 3.14159265358979323846

void
mercator_forward(double latitude, double longitude, double *x, double *y)
{
	double		s = sin(latitude * (PI / 180.0));

	*x = (longitude + 180.0) / 360.0;
	*y = 0.5 - atanh(s) / (2.0 * PI);
}

void
mercator_inverse(double x, double y, double *latitude, double *longitude)
{
	*longitude = x * 360.0 - 180.0;
	*latitude = atan(sinh((1.0 - 2.0 * y) * PI)) * (180.0 / PI);
}
