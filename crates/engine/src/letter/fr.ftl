date = { $day ->
    [1] 1er
   *[other] { $day }
} { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
} { $year }
title = Qui a reçu des informations vous concernant
intro = Vous nous avez demandé qui a reçu de notre part des informations vous concernant. Voici notre réponse du { $date }.
none = { $asked ->
    [0] Jusqu’à présent, nous n’avons envoyé de telles informations à personne.
    [one] Nous avons examiné le seul envoi d’informations que nous ayons fait. Vous n’y figurez pas.
   *[other] Nous avons examiné l’ensemble des { $asked } envois d’informations que nous avons faits. Vous ne figurez dans aucun d’eux.
}
some = { $count ->
    [one] Des informations vous concernant ont été envoyées une fois.
   *[other] Des informations vous concernant ont été envoyées { $count } fois.
}
heading = { $number }. { $partner }
arrived = Nous les avons envoyées le { $date }, et elles sont parvenues à { $partner }.
may-have-arrived = Nous avons commencé à les envoyer le { $date }. Nous ne sommes pas certains qu’elles soient arrivées, mais il se peut que { $partner } les ait.
asked-about = Le { $date }, on nous a demandé si nous vous connaissions. { $partner } n’a rien appris à votre sujet.
confirmed = Nous les avons envoyées le { $date }. { $partner } a confirmé le { $answered } les avoir reçues.
rejected = Nous les avons envoyées le { $date }. { $partner } nous a dit le { $answered } ne pas les avoir conservées.
purpose = Elles ont été envoyées dans ce but : { $purpose }.
agreement = L’accord qui le permettait s’intitule « { $title } » (version { $version }).
elements = Voici ce qui y figurait à votre sujet :
form-raw = « { $element } » a été donné tel quel.
form-pseudonym = « { $element } » n’a pas été donné : un numéro en tenait lieu, qui ne permet pas de le retrouver.
form-presence = On leur a seulement dit si nous avons « { $element } », et non ce que c’est.
form-year = De « { $element } », seule l’année a été donnée.
form-age = De « { $element } », seul un âge en années a été donné.
form-age-band = De « { $element } », seule une tranche d’âge a été donnée.
form-place-level = { $level ->
    [0] De « { $element } », seul le pays a été donné.
   *[other] De « { $element } », seule la région plus large a été donnée.
}
form-masked = « { $element } » a été donné en grande partie masqué.
form-aggregate-only = De « { $element } », seul un nombre ou un total a été donné.
erase-by = Ils peuvent les conserver jusqu’au { $date } au plus tard, et doivent ensuite les effacer.
erased-by = Ils devaient les avoir effacées le { $date } au plus tard.
worked-out = Leur contenu est reconstitué d’après nos documents de l’époque.
others = Il peut y en avoir d’autres sous un autre dossier à votre nom. Demandez-nous d’y regarder aussi.
rights = Vous pouvez nous demander de corriger ce qui est faux, et vous opposer à l’envoi d’informations vous concernant.
contact = Si vous avez une question, ou si quelque chose est inexact ici, adressez-vous à { $contact }.
our-office = la structure qui vous a remis cette lettre, en demandant la personne chargée de la protection des données
