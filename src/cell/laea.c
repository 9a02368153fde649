/*
 * laea.c
 *		ETRS89-LAEA (EPSG:3035): Lambert's azimuthal equal-area projection of
 *		GRS80 around 52 N 10 E.
 *
 * Method: EPSG Guidance Note 7-2, EPSG:9820 (oblique ellipsoidal case).  The
 * forward direction is the hot path of stage 2 and, more, must give the same
 * cell on every machine: it uses only IEEE additions, multiplications,
 * divisions and square roots (compiled with -ffp-contract=off), no libm.
 */
#include "cell.h"

#include <math.h>

#define RADIANS			0.01745329251994329576923691
#define LATITUDE_0		52.0
#define LONGITUDE_0		10.0
#define FALSE_EAST		4321000.0
#define FALSE_NORTH		3210000.0

/* From a = 6378137 and 1/f = 298.257222101, computed with 40 digits. */
#define ECC2			0.006694380022900787625359115	/* e squared */
#define Q_POLE			1.995531087480938410204266
#define SIN_LAT0		0.7880107536067219566939778
#define COS_LAT0		0.6156614753256582796688111
#define SIN_BETA0		0.786670633215855853942954
#define COS_BETA0		0.617372913914891789721475
#define RADIUS_Q		6371007.180883517102617348
#define STRETCH_D		1.000425394528014164569123
#define ROOT2_RQ_D		9013797.55088885547118107		/* sqrt(2) * Rq * D */
#define ROOT2_RQ_BY_D	9006133.601229320808700938		/* sqrt(2) * Rq / D */

/*
 * Sine and cosine for |x| <= 0.8, Taylor: the rest is below 3e-18.  Summed in
 * pairs (Estrin) since the terms of one long chain would wait for each other.
 */
static inline void
sine_cosine(double x, double *sine, double *cosine)
{
	double		x2 = x * x;
	double		x4 = x2 * x2;
	double		x8 = x4 * x4;
	double		sine_low = (-1.0 / 6.0 + x2 * (1.0 / 120.0)) +
		x4 * (-1.0 / 5040.0 + x2 * (1.0 / 362880.0));
	double		sine_high = (-1.0 / 39916800.0 + x2 * (1.0 / 6227020800.0)) +
		x4 * (-1.0 / 1307674368000.0 + x2 * (1.0 / 355687428096000.0));
	double		cosine_low = (-1.0 / 2.0 + x2 * (1.0 / 24.0)) +
		x4 * (-1.0 / 720.0 + x2 * (1.0 / 40320.0));
	double		cosine_high = (-1.0 / 3628800.0 + x2 * (1.0 / 479001600.0)) +
		x4 * (-1.0 / 87178291200.0 + x2 * (1.0 / 20922789888000.0));

	*sine = x + x * x2 * (sine_low + x8 * sine_high);
	*cosine = 1.0 + x2 * (cosine_low + x8 * cosine_high);
}

/*
 * c0 + c1 t + ... + c7 t^7, in pairs as above, for t = e2 sin2(phi) <= 0.0067.
 */
static inline double
series(double t, double c0, double c1, double c2, double c3,
	   double c4, double c5, double c6, double c7)
{
	double		t2 = t * t;

	return ((c0 + t * c1) + t2 * (c2 + t * c3)) +
		t2 * t2 * ((c4 + t * c5) + t2 * (c6 + t * c7));
}

/*
 * Sine of the authalic latitude: q(phi) / q(90 degrees).  The closed form of q
 * is (1 - e2) * (s / (1 - e2 s2) + artanh(e s) / e); both are power series in
 * t = e2 s2, term n being (2n + 2) / (2n + 1) * t^n together.
 */
static inline double
sine_authalic(double sine)
{
	return sine * series(ECC2 * sine * sine,
						 0.9955300884147087039173744, 0.663686725609805802611583,
						 0.5973180530488252223504247, 0.5688743362369764022384997,
						 0.5530722713415048355096525, 0.5430164118625683839549315,
						 0.5360546629925354559555093, 0.5309493804878446420892664);
}

/*
 * Cosine of the authalic latitude: that of the geodetic one times the square
 * root of (1 - sine_authalic(s)2) / (1 - s2), again a series in t.  It need not
 * wait for the sine, and stays exact where a square root of 1 - sine2 would not.
 */
static inline double
cosine_authalic(double sine, double cosine)
{
	return cosine * series(ECC2 * sine * sine,
						   1.0, 0.666218755918277893914476,
						   0.5994594856849341189299373, 0.5708564101394280876456781,
						   0.5549712961025262530137861, 0.5448658908607105629595353,
						   0.5378718326227593341408258, 0.5327440840155737966299673);
}

/*
 * Degrees to metres, for positions in the area of use: right to 2e-8 m, and
 * within 1e-7 m of PROJ.
 */
void
laea_forward(double latitude, double longitude, double *east, double *north)
{
	double		sin_d,
				cos_d,
				sin_lon,
				cos_lon,
				sin_phi,
				sin_beta,
				cos_beta,
				scale;

	/* Around 52 degrees the argument is small enough for the short series. */
	sine_cosine((latitude - LATITUDE_0) * RADIANS, &sin_d, &cos_d);
	sine_cosine((longitude - LONGITUDE_0) * RADIANS, &sin_lon, &cos_lon);
	sin_phi = SIN_LAT0 * cos_d + COS_LAT0 * sin_d;
	sin_beta = sine_authalic(sin_phi);
	cos_beta = cosine_authalic(sin_phi, COS_LAT0 * cos_d - SIN_LAT0 * sin_d);

	scale = sqrt(1.0 / (1.0 + SIN_BETA0 * sin_beta +
						COS_BETA0 * cos_beta * cos_lon));
	*east = FALSE_EAST + ROOT2_RQ_D * scale * cos_beta * sin_lon;
	*north = FALSE_NORTH + ROOT2_RQ_BY_D * scale *
		(COS_BETA0 * sin_beta - SIN_BETA0 * cos_beta * cos_lon);
}

/*
 * Metres to degrees, anywhere on the European grid.  The geodetic latitude is
 * found by Newton's method on q(phi) (three steps leave less than 1e-9 m), since
 * the usual truncated series is off by a third of a millimetre.
 */
void
laea_inverse(double east, double north, double *latitude, double *longitude)
{
	double		x = (east - FALSE_EAST) / STRETCH_D;
	double		y = (north - FALSE_NORTH) * STRETCH_D;
	double		rho = hypot(x, y);
	double		sin_half = rho / (2.0 * RADIUS_Q);
	double		cos_c = 1.0 - 2.0 * sin_half * sin_half;
	/* sin(c) / rho, without dividing by a rho of zero */
	double		sin_c_by_rho = sqrt(1.0 - sin_half * sin_half) / RADIUS_Q;
	double		sin_beta = cos_c * SIN_BETA0 + y * sin_c_by_rho * COS_BETA0;
	double		phi = asin(sin_beta);

	for (int step = 0; step < 3; step++)
	{
		double		s = sin(phi);
		double		w = 1.0 - ECC2 * s * s;

		phi += (sin_beta - sine_authalic(s)) * Q_POLE * w * w /
			(2.0 * (1.0 - ECC2) * cos(phi));
	}
	*latitude = phi / RADIANS;
	*longitude = LONGITUDE_0 +
		atan2(x * sin_c_by_rho,
			  COS_BETA0 * cos_c - y * SIN_BETA0 * sin_c_by_rho) / RADIANS;
}

/*
 * Square metres of the ellipsoid between two parallels and so many degrees of
 * longitude (Snyder 1987, equation 3-12 and the area of a spherical zone).
 */
double
laea_zone_area(double south, double north, double degrees)
{
	return RADIUS_Q * RADIUS_Q * degrees * RADIANS *
		(sine_authalic(sin(north * RADIANS)) - sine_authalic(sin(south * RADIANS)));
}
